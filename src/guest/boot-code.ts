import { type GuestRange, isZeros } from './guest-disk.js';
import type { Mbr } from './mbr.js';

/** The code in the first sector that a BIOS starts. */
export interface BootCode {
  readonly kind: 'grub' | 'windows' | 'syslinux' | 'other';
  /** Where GRUB goes on, in sectors of 512 bytes: its first sector is too small for all of it. */
  readonly nextSector: number | undefined;
}

/** Texts that the code prints, and by which it is known. */
const kinds: readonly (readonly [BootCode['kind'], string])[] = [
  ['grub', 'GRUB'],
  ['windows', 'Invalid partition table'],
  ['syslinux', 'Operating system load error'],
];

// GRUB, include/grub/i386/pc/boot.h: the sector of what it loads.
const grubNextOffset = 0x5c;
// GRUB before 2, stage1.h: its version, 3.2, and the sector of what it loads.
const oldGrubVersionOffset = 0x3e;
const oldGrubVersion = 0x0203;
const oldGrubNextOffset = 0x44;

/** undefined where there is none: the place is empty, or the sector is no boot sector. */
export function bootCodeOf(mbr: Mbr | undefined): BootCode | undefined {
  if (mbr === undefined || isZeros(mbr.bootCode)) return undefined;
  const kind = kinds.find(([, text]) => mbr.bootCode.includes(text, 0, 'latin1'))?.[0] ?? 'other';
  return { kind, nextSector: kind === 'grub' ? grubNext(mbr.bootCode) : undefined };
}

function grubNext(bootCode: Buffer): number {
  const isOld = bootCode.readUInt16LE(oldGrubVersionOffset) === oldGrubVersion;
  return isOld ? bootCode.readUInt32LE(oldGrubNextOffset) : Number(bootCode.readBigUInt64LE(grubNextOffset));
}

/** Whether GRUB finds anything where it goes on. */
export function hasNextStage(whole: GuestRange, nextSector: number): boolean {
  const stage = nextSector > 0 ? whole.read(nextSector * 512, 512) : undefined;
  return stage !== undefined && !isZeros(stage);
}
