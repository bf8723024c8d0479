import { ForgeError } from '../errors.js';
import { type DigestProgress, digestImage } from '../image/digest.js';
import type { FormatName } from '../image/format.js';
import { otherInflater } from '../image/inflaters.js';
import { addon } from '../native/addon.js';
import type { EngineName } from '../native/boundary.js';

/** What a file has to be. */
export interface Expected {
  readonly guestDigest: string;
  /** What compressed it; undefined where nothing did. */
  readonly engine: EngineName | undefined;
}

export interface ReadBackOptions {
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DigestProgress) => void) | undefined;
}

/**
 * Reads a finished file from its beginning to its end, a .gz with another decoder than the one that wrote it, and compares
 * the guest bytes with those that were converted.
 *
 * @throws ForgeError VERIFY_MISMATCH, or whatever reading it fails with
 */
export async function assertReadsBack(
  path: string,
  format: FormatName,
  { guestDigest, engine }: Expected,
  options: ReadBackOptions,
): Promise<void> {
  const inflater =
    engine === undefined ? undefined : otherInflater({ engine, level: 0 }, addon.engines()).inflater;
  const found = await digestImage(path, { format, inflater, ...options });
  if (found === guestDigest) return;
  throw new ForgeError(
    'VERIFY_MISMATCH',
    `reads back with guest digest ${found}, and ${guestDigest} was converted; the disk or the memory may be faulty`,
    { path },
  );
}
