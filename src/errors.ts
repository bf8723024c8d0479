import { getSystemErrorMap } from 'node:util';
import { printable } from './printable.js';

/** Every stable error code, with one line on when it is raised. The native core uses a subset of them. */
export const errorCodes = {
  IO_NOT_FOUND: 'the file or its folder does not exist',
  IO_NOT_A_FILE: 'a directory, device, pipe or socket stands where a regular file is needed',
  IO_ACCESS_DENIED: 'the operating system refuses access',
  IO_NO_SPACE: 'the disk, or the quota on it, is full',
  IO_TOO_LARGE: 'the file system cannot hold a file of that size',
  IO_SHORT_READ: 'a file ended before the bytes that it had when it was opened',
  IO_SOURCE_CHANGED: 'the source was written to, replaced or removed while it was read',
  IO_EMPTY: 'an input stream ended before its first byte',
  IO_BROKEN_PIPE: 'the reader of an output pipe has gone',
  IO_FAILED: 'any other failure of the operating system',
  FORMAT_UNSUPPORTED: 'a known format that omiforge does not read',
  FORMAT_MISMATCH: 'the content is not what the name or the option says',
  GZIP_BAD_HEADER: 'not a gzip member (RFC 1952)',
  GZIP_TRUNCATED: 'the gzip stream ends before its trailer',
  GZIP_CORRUPT: 'the deflate data is invalid',
  GZIP_CHECKSUM_MISMATCH: 'CRC-32 or length in the gzip trailer differs from the data',
  GZIP_TRAILING_GARBAGE: 'bytes after the last gzip member are neither a member nor zero padding',
  QCOW2_BAD_HEADER: 'a header field is outside what the specification allows',
  QCOW2_UNSUPPORTED_FEATURE: 'the image needs a feature that this version does not read',
  QCOW2_EXTERNAL_FILE: 'the image names a backing or data file that is not allowed, or none that can be read',
  QCOW2_CORRUPT: 'a table entry contradicts the specification',
  QCOW2_TRUNCATED: 'a table or data cluster lies past the end of the file',
  IMAGE_TOO_LARGE: 'an offset or size above 2^53 - 1, or tables that take too much memory',
  ARGUMENT_INVALID: 'a parameter is outside its range',
  TARGET_EXISTS: 'the target is there already and replacing it was not asked for',
  TARGET_IS_SOURCE: 'source and target are the same file',
  VERIFY_MISMATCH: 'what was written does not read back as the source',
  ENGINE_UNAVAILABLE: 'this build or this Node has no such compression engine',
  NATIVE_LOAD_FAILED: 'the native addon could not be loaded',
  MANIFEST_INVALID: 'the manifest would be refused by the service',
  CONFIG_INVALID: 'a configuration file, or the profile in it, is not what it should be',
  CONFIG_NO_PROFILE: 'the profile that was asked for is in no configuration file',
  PLAN_INVALID: 'the plan of a batch cannot be carried out',
  BATCH_RUNNING: 'another run is at work in the directory',
  BATCH_INCOMPLETE: 'some disks of a batch could not be prepared',
  PREPARED_DAMAGED: 'a prepared directory is not what its report says',
  SIGN_NO_CREDENTIALS: 'no access key and secret key were found',
  SIGN_INVALID: 'a parameter of the signature is outside its range',
  INTERNAL: 'a defect of omiforge itself',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The plain fields of a {@link ForgeError}, which is how an error crosses a thread. */
export interface ErrorFields {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: string | undefined;
}

/**
 * The one error class of omiforge. `code` is stable and what programs should match; `message` says what was
 * found, what is allowed and what to do, on one line and without the path, which is in `path`.
 */
export class ForgeError extends Error {
  override readonly name = 'ForgeError';
  readonly code: ErrorCode;
  readonly path: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { path?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
  }

  /** Plain data that {@link ForgeError.fromFields} turns back into the error on another thread. */
  toFields(): ErrorFields {
    return { code: this.code, message: this.message, path: this.path };
  }

  static fromFields(fields: ErrorFields): ForgeError {
    return new ForgeError(fields.code, fields.message, { path: fields.path });
  }

  /** The error as one line for people: where, then what; with its code at the end. */
  toLine(): string {
    const place = this.path === undefined ? '' : `${this.path || "''"}: `;
    return printable(`${place}${this.message} [${this.code}]`);
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code);
}

const systemCodes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['IO_NOT_FOUND', 'no such file or directory; check the path'],
  ENOTDIR: ['IO_NOT_FOUND', 'a part of the path is not a directory; check the path'],
  EISDIR: ['IO_NOT_A_FILE', 'is a directory; name a file'],
  EACCES: ['IO_ACCESS_DENIED', 'permission denied; check its owner and mode'],
  EPERM: ['IO_ACCESS_DENIED', 'operation not permitted; check its owner and mode'],
  EROFS: ['IO_ACCESS_DENIED', 'the file system is read-only; choose another place'],
  ENOSPC: ['IO_NO_SPACE', 'no space left on the device; free some or choose another place'],
  EDQUOT: ['IO_NO_SPACE', 'the disk quota is used up; free some space or choose another place'],
  EFBIG: [
    'IO_TOO_LARGE',
    'the file system or a limit of the shell does not allow a file this large; choose another place',
  ],
  ENAMETOOLONG: ['IO_FAILED', 'the name is longer than the file system allows; choose a shorter one'],
  EMFILE: ['IO_FAILED', "too many files are open; allow more with 'ulimit -n', or use fewer --threads"],
  ENFILE: ['IO_FAILED', 'the system has too many files open; close some programs and try again'],
  EPIPE: ['IO_BROKEN_PIPE', 'the program reading the output has gone'],
};

/**
 * Turns whatever was thrown into a {@link ForgeError}: system errors by their code, anything else INTERNAL.
 *
 * @param path names the file at fault where the error does not
 */
export function toForgeError(thrown: unknown, path?: string): ForgeError {
  if (thrown instanceof ForgeError) {
    if (thrown.path !== undefined || path === undefined) return thrown;
    return new ForgeError(thrown.code, thrown.message, { path, cause: thrown });
  }
  if (!(thrown instanceof Error)) return new ForgeError('INTERNAL', String(thrown), { path });
  const { code } = thrown as NodeJS.ErrnoException;
  if (isErrorCode(code)) {
    const native = thrown as Error & { path?: string };
    return new ForgeError(code, thrown.message, { path: native.path ?? path, cause: thrown });
  }
  if (code === undefined) return new ForgeError('INTERNAL', thrown.message, { path, cause: thrown });
  const known = systemCodes[code];
  const where = path ?? (thrown as NodeJS.ErrnoException).path;
  if (known !== undefined) return new ForgeError(known[0], known[1], { path: where, cause: thrown });
  return new ForgeError('IO_FAILED', describeSystemError(thrown), { path: where, cause: thrown });
}

/** Without the path, which Node's own message ends with: it may be a temporary name that users do not know. */
function describeSystemError(thrown: NodeJS.ErrnoException): string {
  const { errno, syscall } = thrown;
  const [name, description] = getSystemErrorMap().get(errno ?? 0) ?? [];
  if (name === undefined || syscall === undefined) return thrown.message;
  return `${syscall} failed: ${description} (${name})`;
}

/** An AbortError is not a failure of the work: it is the caller's own stop, passed through unchanged. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}
