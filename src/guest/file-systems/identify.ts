import type { GuestRange } from '../guest-disk.js';
import type { FileSystem } from '../report.js';
import { probeBtrfs } from './btrfs.js';
import { probeLuks, probeLvm, probeRaid } from './containers.js';
import { probeExfat } from './exfat.js';
import { probeExt } from './ext.js';
import { probeF2fs } from './f2fs.js';
import { probeFat } from './fat.js';
import { probeBitLocker, probeNtfs } from './ntfs.js';
import { probeIso9660, probeSquashfs } from './read-only.js';
import type { Probe } from './superblock.js';
import { probeSwap } from './swap.js';
import { probeXfs } from './xfs.js';

/**
 * Where a former file system has left its superblock, the newer one is found first: what lies further in is
 * overwritten last.
 */
const probes: readonly Probe[] = [
  probeLuks,
  probeLvm,
  probeRaid,
  probeBitLocker,
  probeNtfs,
  probeExfat,
  probeXfs,
  probeSquashfs,
  probeExt,
  probeFat,
  probeBtrfs,
  probeF2fs,
  probeSwap,
  probeIso9660,
];

/** The file system, or other content with a superblock, of a partition or a disk. */
export function identifyFileSystem(range: GuestRange): FileSystem | undefined {
  for (const probe of probes) {
    const found = probe(range);
    if (found === undefined) continue;
    const { type, label, uuid, sizeBytes } = found;
    return {
      type,
      label,
      uuid,
      sizeBytes: sizeBytes === undefined ? undefined : Number(sizeBytes),
      isCutOff: sizeBytes !== undefined && sizeBytes > BigInt(range.sizeBytes),
    };
  }
  return undefined;
}
