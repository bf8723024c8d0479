import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { engineNames } from '../convert/options.js';
import { ForgeError, toForgeError } from '../errors.js';
import { readRegularFile } from '../files/regular-file.js';
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
  fileId: z.string(),
  guestDigest: hex(64),
  engine: z.enum(engineNames).optional(),
  engineLevel: count.optional(),
  elapsedMs: z.number().min(0),
});

// Whatever else it holds was plain data before, and is for people.
const guestSchema = z.custom<GuestReport>((value) => typeof value === 'object' && value !== null);

const finishedSchema = z.object({
  source: identitySchema,
  options: optionsSchema,
  converted: convertedSchema.optional(),
  result: convertedSchema
    .extend({ sha256: hex(64), md5: hex(32), isVerified: z.boolean(), guest: guestSchema })
    .optional(),
});

const entrySchema = finishedSchema.extend({
  replacedFileId: z.string().optional(),
  former: finishedSchema.optional(),
});

const journalSchema = z.object({
  version: z.literal(1),
  disks: z.record(z.string(), entrySchema),
  reportSha256: hex(64).optional(),
});

/** What a run has made of a disk, and of what. */
export interface MadeDisk {
  readonly source: SourceIdentity;
  readonly options: DiskOptions;
  /** Its file is whole, and has its name or is about to get it. */
  readonly converted?: ConvertedFacts | undefined;
  /** It is proven as well. */
  readonly result?: DiskResult | undefined;
}

/** All that is known of the file of a disk. */
export interface JournalEntry extends MadeDisk {
  /** The file that goes away when this one gets its name. */
  readonly replacedFileId?: string | undefined;
  /** What that one was, where a run had finished it: until this one is proven, it may be what is there. */
  readonly former?: MadeDisk | undefined;
}

/**
 * What former runs in a directory have done, by the names of the files. Each change replaces the file as a whole, and is
 * on the disk when the next step begins. It ends with its own digest. It holds no keys and no URLs.
 */
export class Journal {
  readonly #path: string;
  readonly #entries: Map<string, JournalEntry>;
  #reportSha256: string | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: Map<string, JournalEntry>, reportSha256?: string) {
    this.#path = path;
    this.#entries = entries;
    this.#reportSha256 = reportSha256;
  }

  /** @throws ForgeError PREPARED_DAMAGED where the file is no journal, or IO_* */
  static async open(directory: string): Promise<Journal> {
    const path = join(directory, journalName);
    const text = await readRegularFile(path).catch((thrown) => {
      if (toForgeError(thrown).code === 'IO_NOT_FOUND') return undefined;
      throw thrown;
    });
    if (text === undefined) return new Journal(path, new Map());
    const { data } = journalSchema.safeParse(unsealed(text));
    if (data === undefined) {
      const message =
        "is damaged, or of another version; remove it, and prepare every disk again with '--force'";
      throw new ForgeError('PREPARED_DAMAGED', message, { path });
    }
    const entries = new Map(Object.entries(data.disks) as [string, JournalEntry][]);
    return new Journal(path, entries, data.reportSha256);
  }

  /** Whether no run has noted anything. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Of the report that goes with the disks; undefined while there is none. */
  get reportSha256(): string | undefined {
    return this.#reportSha256;
  }

  /** Every file that a run has made. */
  files(): readonly string[] {
    return [...this.#entries.keys()];
  }

  entry(file: string): JournalEntry | undefined {
    return this.#entries.get(file);
  }

  /** What a former run has noted of a file, if it was made of the same source with the same options. */
  matching(file: string, source: SourceIdentity, options: DiskOptions): MadeDisk | undefined {
    const entry = this.#entries.get(file);
    return [entry, entry?.former].find((made) => made !== undefined && isMadeOf(made, source, options));
  }

  /** Notes how far a disk has come. @throws ForgeError IO_* */
  async note(file: string, entry: JournalEntry): Promise<void> {
    this.#entries.set(file, entry);
    await this.#saveInTurn();
  }

  /** Notes which report goes with the disks; undefined when there is none any more. @throws ForgeError IO_* */
  async noteReport(sha256: string | undefined): Promise<void> {
    if (sha256 === this.#reportSha256) return;
    this.#reportSha256 = sha256;
    await this.#saveInTurn();
  }

  async #saveInTurn(): Promise<void> {
    // One after the other, so that the last one is what stays.
    const saving = this.#saving.then(() => this.#save());
    this.#saving = saving.catch(() => {});
    await saving;
  }

  async #save(): Promise<void> {
    const disks = Object.fromEntries(this.#entries);
    const journal = { version: 1, reportSha256: this.#reportSha256, disks };
    await using file = await TargetFile.create(this.#path, { replace: true, durable: true });
    try {
      await file.handle.writeFile(`${JSON.stringify({ ...journal, seal: sealOf(journal) }, undefined, 2)}\n`);
      await file.commit();
    } catch (thrown) {
      throw file.translate(thrown);
    }
  }
}

/** What a sealed journal holds; undefined where it is no longer what was written. */
function unsealed(text: string): unknown {
  try {
    const { seal, ...journal } = JSON.parse(text);
    return seal === sealOf(journal) ? journal : undefined;
  } catch {
    return undefined;
  }
}

function sealOf(journal: object): string {
  return createHash('sha256').update(JSON.stringify(journal)).digest('hex');
}

/** Where a file system is attached tells nothing of the file: its device number is another one after the next start. */
function isMadeOf(made: MadeDisk, source: SourceIdentity, options: DiskOptions): boolean {
  const identityOf = ({ device: _, ...identity }: SourceIdentity) => plain(identity);
  return (
    isDeepStrictEqual(identityOf(made.source), identityOf(source)) &&
    isDeepStrictEqual(plain(made.options), plain(options))
  );
}

/** Without what is undefined, as JSON has it. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
