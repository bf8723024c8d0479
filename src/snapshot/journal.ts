import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { engineNames } from '../convert/options.js';
import { ForgeError, toForgeError } from '../errors.js';
import { TargetFile } from '../files/target-file.js';
import type { GuestReport } from '../guest/report.js';
import { formatNames } from '../image/format.js';
import type { ConvertedFacts, DiskOptions, DiskResult, SourceIdentity } from './disk-result.js';

/** In the prepared directory. */
export const journalName = '.omiforge-journal.json';

const count = z.number().int().min(0);
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

const identitySchema = z.object({
  path: z.string(),
  sizeBytes: count,
  modifiedNs: z.string(),
  inode: z.string(),
  device: z.string(),
});

const optionsSchema = z.object({
  sourceFormat: z.enum(formatNames).optional(),
  snapshot: z.string().optional(),
  format: z.enum(formatNames),
  level: count,
  padBytes: count.optional(),
});

const convertedSchema = z.object({
  sourceFormat: z.enum(formatNames),
  virtualSizeBytes: count,
  readBytes: count,
  fileBytes: count,
  inode: z.string(),
  guestDigest: hex(64),
  engine: z.enum(engineNames).optional(),
  engineLevel: count.optional(),
  elapsedMs: z.number().min(0),
});

// Whatever else it holds was plain data before, and is for people.
const guestSchema = z.custom<GuestReport>((value) => typeof value === 'object' && value !== null);

const entrySchema = z.object({
  source: identitySchema,
  options: optionsSchema,
  converted: convertedSchema.optional(),
  result: convertedSchema
    .extend({ sha256: hex(64), md5: hex(32), isVerified: z.boolean(), guest: guestSchema })
    .optional(),
});

const journalSchema = z.object({ version: z.literal(1), disks: z.record(z.string(), entrySchema) });

/** How far a disk has come. */
export interface JournalEntry {
  readonly source: SourceIdentity;
  readonly options: DiskOptions;
  /** Its file has its name. */
  readonly converted?: ConvertedFacts | undefined;
  /** It is proven as well. */
  readonly result?: DiskResult | undefined;
}

/**
 * What former runs in a directory have done, by the names of the files. Each change replaces the file as a whole, and is
 * on the disk when the next step begins. It holds no keys and no URLs.
 */
export class Journal {
  readonly #path: string;
  readonly #entries: Map<string, JournalEntry>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: Map<string, JournalEntry>) {
    this.#path = path;
    this.#entries = entries;
  }

  /** @throws ForgeError PREPARED_DAMAGED where the file is no journal, or IO_* */
  static async open(directory: string): Promise<Journal> {
    const path = join(directory, journalName);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return new Journal(path, new Map());
      throw toForgeError(thrown, path);
    }
    const { data } = journalSchema.safeParse(parse(text));
    if (data === undefined) {
      const message = 'is no journal of this version; remove it to prepare every disk again';
      throw new ForgeError('PREPARED_DAMAGED', message, { path });
    }
    return new Journal(path, new Map(Object.entries(data.disks) as [string, JournalEntry][]));
  }

  /** Every file that a run has begun. */
  files(): readonly string[] {
    return [...this.#entries.keys()];
  }

  entry(file: string): JournalEntry | undefined {
    return this.#entries.get(file);
  }

  /** What a former run has noted of a file, if it was made of the same source with the same options. */
  matching(file: string, source: SourceIdentity, options: DiskOptions): JournalEntry | undefined {
    const entry = this.#entries.get(file);
    if (entry === undefined) return undefined;
    return isDeepStrictEqual(plain(entry.source), plain(source)) &&
      isDeepStrictEqual(plain(entry.options), plain(options))
      ? entry
      : undefined;
  }

  /** Notes how far a disk has come. @throws ForgeError IO_* */
  async note(file: string, entry: JournalEntry): Promise<void> {
    this.#entries.set(file, entry);
    // One after the other, so that the last one is what stays.
    const saving = this.#saving.then(() => this.#save());
    this.#saving = saving.catch(() => {});
    await saving;
  }

  async #save(): Promise<void> {
    const journal = { version: 1, disks: Object.fromEntries(this.#entries) };
    await using file = await TargetFile.create(this.#path, { replace: true, durable: true });
    await file.handle.writeFile(`${JSON.stringify(journal, undefined, 2)}\n`);
    await file.commit();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without what is undefined, as JSON has it. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
