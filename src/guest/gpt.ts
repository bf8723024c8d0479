import { type FoundCopy, type GptEntry, readGptCopy } from './gpt-copy.js';
import type { GuestRange } from './guest-disk.js';
import type { Finding, GptCopy, SectorSize } from './report.js';
import { note, warning } from './report.js';

/** Both copies of a GPT, where at least one was found. */
export interface FoundGpt {
  readonly sectorSizeBytes: SectorSize;
  readonly lastSector: bigint;
  readonly primary: FoundCopy | undefined;
  readonly backup: FoundCopy | undefined;
  /** The copy that the partitions are taken from. */
  readonly used: FoundCopy;
}

const sectorSizes: readonly SectorSize[] = [512, 4096];

function isSound(copy: FoundCopy | undefined): boolean {
  return copy?.isHeaderSound === true && copy.areEntriesSound;
}

/**
 * The GPT of a disk. Its primary header is in sector 1, and tells by its place which size sectors have. The backup is in
 * the last sector, or where the primary or the protective MBR says that the disk ends.
 *
 * @param protectedEnd the last sector that the protective MBR covers, where there is one
 */
export function readGpt(whole: GuestRange, protectedEnd: bigint | undefined): FoundGpt | undefined {
  const found = sectorSizes.flatMap((size) => gptWith(whole, size, protectedEnd) ?? []);
  // A sound one is right, wherever there is more of one that was there before.
  return found.find(({ used }) => isSound(used)) ?? found[0];
}

function gptWith(
  whole: GuestRange,
  sectorSizeBytes: SectorSize,
  protectedEnd: bigint | undefined,
): FoundGpt | undefined {
  const lastSector = BigInt(Math.floor(whole.sizeBytes / sectorSizeBytes)) - 1n;
  if (lastSector < 2n) return undefined;
  const primary = readGptCopy(whole, sectorSizeBytes, 1n);
  // What a damaged header says of its place is worth a look: a header that stands there is known by its own checksum.
  const backup = [lastSector, primary?.otherSector, protectedEnd]
    .filter((sector) => sector !== undefined && sector > 1n && sector <= lastSector)
    .map((sector) => readGptCopy(whole, sectorSizeBytes, sector ?? lastSector))
    .find((copy) => copy !== undefined);
  const copies = [primary, backup].filter((copy) => copy !== undefined);
  const used = copies.find(isSound) ?? copies[0];
  return used && { sectorSizeBytes, lastSector, primary, backup, used };
}

export function describeCopy(copy: FoundCopy | undefined): GptCopy {
  return {
    isPresent: copy !== undefined,
    isHeaderSound: copy?.isHeaderSound ?? false,
    areEntriesSound: copy?.areEntriesSound ?? false,
  };
}

/** What is wrong with the two copies and their places. */
export function gptFindings(gpt: FoundGpt): Finding[] {
  const { primary, backup, used, lastSector, sectorSizeBytes } = gpt;
  const advice = rewriting(gpt);
  const findings = [...copyFindings('primary', primary, advice), ...copyFindings('backup', backup, advice)];
  if (advice === undefined) {
    findings.push(warning('no copy of the GPT is sound: systems see no partitions; restore the table'));
  } else if (isSound(primary) && isSound(backup) && primary?.entriesCrc !== backup?.entriesCrc) {
    findings.push(warning('the two copies of the GPT name different partitions; the primary counts'));
  }
  if (advice !== undefined) findings.push(...placeFindings(primary, backup, lastSector, advice));
  findings.push(...usableFindings(used, lastSector));
  if (sectorSizeBytes !== 512) {
    findings.push(
      warning(
        `the GPT is made for sectors of ${sectorSizeBytes} bytes; a machine whose disk has sectors of 512 finds no partitions`,
      ),
    );
  }
  return findings;
}

/**
 * How both copies are written anew from one that is sound; undefined where none is. sgdisk knows a backup in the last
 * sector only: where it finds no copy it makes an empty table, and the partitions are lost.
 */
function rewriting({ primary, backup, lastSector, sectorSizeBytes }: FoundGpt): string | undefined {
  if (isSound(primary)) return "'sgdisk -e' writes both anew";
  if (backup === undefined || !isSound(backup)) return undefined;
  if (backup.sector === lastSector) return "'sgdisk -e' writes both anew";
  const endBytes = (backup.sector + 1n) * BigInt(sectorSizeBytes);
  return `it is in sector ${backup.sector}, where the disk once ended: cut a copy of the disk to ${endBytes} bytes, and 'sgdisk -e' writes both anew`;
}

function copyFindings(which: string, copy: FoundCopy | undefined, rewrite: string | undefined): Finding[] {
  if (copy === undefined || isSound(copy)) return [];
  const faults = [
    ...(copy.isHeaderSound ? [] : ['its header is damaged (checksum, length or place)']),
    ...(copy.unread === undefined ? [] : [`it ${copy.unread}`]),
    ...(copy.areEntriesSound || copy.unread !== undefined ? [] : ['the checksum of its entries is wrong']),
  ];
  const advice = rewrite === undefined ? '' : `; the other copy is sound, and ${rewrite}`;
  return [warning(`the ${which} GPT is damaged: ${faults.join(', ')}${advice}`)];
}

function placeFindings(
  primary: FoundCopy | undefined,
  backup: FoundCopy | undefined,
  lastSector: bigint,
  rewrite: string,
): Finding[] {
  if (primary === undefined) {
    return [warning(`the primary GPT is missing; the backup is sound, and ${rewrite}`)];
  }
  // Of one that is damaged it was told what to do.
  if (!isSound(primary)) return [];
  const { otherSector } = primary;
  if (backup?.sector === lastSector) {
    if (otherSector === lastSector) return [];
    const claim = `the primary GPT says that the backup is in sector ${otherSector}, but it is in the last one, ${lastSector}`;
    return [note(`${claim}; 'sgdisk -e' writes both anew`)];
  }
  if (otherSector > lastSector) {
    const made = `the GPT is made for a disk whose last sector is ${otherSector}, and here it is ${lastSector}`;
    const advice = "get the whole image, or, where nothing but room is lost, use 'sgdisk -e'";
    return [warning(`${made}: the image is cut off or was made smaller; ${advice}`)];
  }
  if (backup !== undefined) {
    const place = `the backup GPT is in sector ${backup.sector}, and not in the last one, ${lastSector}`;
    return [note(`${place}: the disk was made larger; 'sgdisk -e' moves it to the end`)];
  }
  return [warning("the backup GPT is missing; 'sgdisk -e' writes it anew")];
}

/** Bounds that cannot be; partitions outside of them are found by their own numbers. */
function usableFindings({ firstUsable, lastUsable, entries }: FoundCopy, lastSector: bigint): Finding[] {
  if (firstUsable > lastUsable) {
    return [warning(`the GPT leaves no room for partitions: from sector ${firstUsable} to ${lastUsable}`)];
  }
  return entries
    .filter((entry) => isOutside(entry, firstUsable, lastUsable) && entry.lastSector <= lastSector)
    .map(({ number }) =>
      warning(
        `partition ${number} reaches into the room of the GPT, sectors ${firstUsable} to ${lastUsable} are free`,
      ),
    );
}

function isOutside({ firstSector, lastSector }: GptEntry, firstUsable: bigint, lastUsable: bigint): boolean {
  return firstSector < firstUsable || lastSector > lastUsable;
}
