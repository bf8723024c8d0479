import { bootCodeOf } from './boot-code.js';
import type { Mbr } from './mbr.js';
import { guids, mbrTypeId, mbrTypes } from './partition-types.js';
import type { EfiProgram, FileSystem, FileSystemType, Guess, Partition } from './report.js';

/** All that tells of what is installed. */
export interface Signs {
  readonly mbr: Mbr | undefined;
  readonly partitions: readonly Partition[];
  readonly fileSystem: FileSystem | undefined;
  readonly efiPrograms: readonly EfiProgram[];
}

const linuxTypes: ReadonlySet<FileSystemType> = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'f2fs',
  'luks1',
  'luks2',
  'lvm2',
  'linux_raid',
  'swap',
  'squashfs',
] as const);
const windowsTypes: ReadonlySet<FileSystemType> = new Set(['ntfs', 'bitlocker'] as const);
const windowsPartitions: ReadonlySet<string> = new Set([
  guids.microsoftReserved,
  guids.windowsRecovery,
  mbrTypeId(mbrTypes.windowsRecovery),
]);

const windowsProgram = /^\\EFI\\Microsoft\\/i;
const linuxProgram = /\\(?:grub|shim|systemd-boot)[^\\]*\.efi$|^\\EFI\\Linux\\/i;

/** Which system the disk is of. Microsoft's type for data alone says nothing: Linux has used it too. */
export function guessOperatingSystem(signs: Signs): Guess<'linux' | 'windows'> {
  return choose({ linux: linuxSigns(signs), windows: windowsSigns(signs) });
}

function linuxSigns({ mbr, partitions, fileSystem, efiPrograms }: Signs): string[] {
  return [
    ...contentSigns(partitions, fileSystem, linuxTypes),
    ...partitions.filter(({ typeName }) => typeName.startsWith('Linux')).map(typeSign),
    ...(bootCodeOf(mbr)?.kind === 'grub' ? ["the boot code is GRUB's"] : []),
    ...programSigns(efiPrograms, linuxProgram),
  ];
}

function windowsSigns({ mbr, partitions, fileSystem, efiPrograms }: Signs): string[] {
  return [
    ...contentSigns(partitions, fileSystem, windowsTypes),
    ...partitions.filter(({ typeId }) => windowsPartitions.has(typeId)).map(typeSign),
    ...(bootCodeOf(mbr)?.kind === 'windows' ? ['the boot code is that of Windows'] : []),
    ...programSigns(efiPrograms, windowsProgram),
  ];
}

function contentSigns(
  partitions: readonly Partition[],
  onWhole: FileSystem | undefined,
  types: ReadonlySet<FileSystemType>,
): string[] {
  const isOne = (found: FileSystem | undefined): found is FileSystem =>
    found !== undefined && types.has(found.type);
  const inside = partitions.flatMap(({ number, fileSystem }) =>
    isOne(fileSystem) ? [`partition ${number} has ${fileSystem.type}`] : [],
  );
  return isOne(onWhole) ? [`the disk has ${onWhole.type}`, ...inside] : inside;
}

function typeSign({ number, typeName }: Partition): string {
  return `partition ${number} is of type ${typeName}`;
}

function programSigns(programs: readonly EfiProgram[], pattern: RegExp): string[] {
  const found = programs.find(({ path }) => pattern.test(path));
  return found === undefined ? [] : [`partition ${found.partitionNumber} has ${found.path}`];
}

/** Which processor it is for: what starts from BIOS alone is for an x86 of some kind, which says too little. */
export function guessArchitecture({ partitions, efiPrograms }: Signs): Guess<'x86_64' | 'aarch64'> {
  const typed = (ending: string) =>
    partitions.filter(({ typeName }) => typeName.endsWith(ending)).map(typeSign);
  return choose({
    x86_64: [...programSigns(efiPrograms, /x64\.efi$/i), ...typed('(x86-64)')],
    aarch64: [...programSigns(efiPrograms, /aa64\.efi$/i), ...typed('(ARM64)')],
  });
}

const mostReasons = 4;

/** The one that there are signs of; none where there are signs of both. */
function choose<Name extends string>(signs: Readonly<Record<Name, readonly string[]>>): Guess<Name> {
  const names = (Object.keys(signs) as Name[]).filter((name) => signs[name].length > 0);
  const [name, ...others] = names;
  if (name === undefined) return { name: 'unknown', reason: 'nothing tells' };
  if (others.length === 0) return { name, reason: joined(signs[name]) };
  return {
    name: 'unknown',
    reason: names.map((found) => `signs of ${found}: ${joined(signs[found])}`).join('; '),
  };
}

function joined(reasons: readonly string[]): string {
  const more = reasons.length - mostReasons;
  return [...reasons.slice(0, mostReasons), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
