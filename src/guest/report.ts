/** What stands on a virtual disk. Plain data: it is the same after a trip through JSON. */
export interface GuestReport {
  readonly sizeBytes: number;
  /** Whether all places where a table or a file system could begin hold zeros. */
  readonly isEmpty: boolean;
  readonly table: PartitionTable;
  /** In the order of the table; logical ones after the others. 256 at most, the rest is told of in a finding. */
  readonly partitions: readonly Partition[];
  /** What stands on the disk as a whole, as where there is no partition table. */
  readonly fileSystem: FileSystem | undefined;
  /** The EFI programs in the folders of `\EFI` of the EFI system partitions; 256 at most. */
  readonly efiPrograms: readonly EfiProgram[];
  /** How a machine can start from the disk, as far as can be told; none: it cannot. */
  readonly bootModes: readonly BootMode[];
  readonly operatingSystem: Guess<'linux' | 'windows'>;
  readonly architecture: Guess<'x86_64' | 'aarch64'>;
  /** What people should know of the disk, the warnings first. */
  readonly findings: readonly Finding[];
}

export type PartitionTable =
  | { readonly kind: 'none' }
  | MbrTable
  | {
      readonly kind: 'gpt';
      readonly sectorSizeBytes: SectorSize;
      /** What the MBR before it says: that the disk is taken, that and partitions of its own, or nothing at all. */
      readonly mbr: 'protective' | 'hybrid' | 'missing';
      readonly diskGuid: string;
      readonly primary: GptCopy;
      readonly backup: GptCopy;
      /** Whether the backup is in the last sector of the disk, where it has to be. */
      readonly isBackupAtEnd: boolean;
    };

export interface MbrTable {
  readonly kind: 'mbr';
  readonly sectorSizeBytes: SectorSize;
  /** Eight hexadecimal digits. */
  readonly diskId: string;
}

export type SectorSize = 512 | 4096;

/** One of the two copies of a GPT. */
export interface GptCopy {
  readonly isPresent: boolean;
  /** Whether the header is whole: its checksum, its length and its own place are right. */
  readonly isHeaderSound: boolean;
  /** Whether the checksum of the entries is right. */
  readonly areEntriesSound: boolean;
}

export interface Partition {
  readonly number: number;
  /** `0x83`, or a GUID in capitals. */
  readonly typeId: string;
  /** The type in words; `unknown` where it is not of the well-known ones. */
  readonly typeName: string;
  /** Not exact above 2^53, where a table names what no disk has. The same for `lengthBytes`. */
  readonly startBytes: number;
  readonly lengthBytes: number;
  /** Of a GPT. */
  readonly name: string | undefined;
  readonly uuid: string | undefined;
  /** The active partition of an MBR, or the attribute of a GPT that says the same (legacy BIOS bootable). */
  readonly isActive: boolean;
  /** Attributes of a GPT, in words. */
  readonly attributes: readonly string[];
  /** Whether it stands in an extended partition. */
  readonly isLogical: boolean;
  readonly fileSystem: FileSystem | undefined;
}

export type FileSystemType =
  | 'ext2'
  | 'ext3'
  | 'ext4'
  | 'xfs'
  | 'btrfs'
  | 'f2fs'
  | 'ntfs'
  | 'fat12'
  | 'fat16'
  | 'fat32'
  | 'exfat'
  | 'bitlocker'
  | 'luks1'
  | 'luks2'
  | 'lvm2'
  | 'linux_raid'
  | 'swap'
  | 'squashfs'
  | 'iso9660';

/** A file system, or something else that takes a partition: each is found by its own superblock. */
export interface FileSystem {
  readonly type: FileSystemType;
  readonly label: string | undefined;
  readonly uuid: string | undefined;
  /** Size that the superblock states; not exact above 2^53. */
  readonly sizeBytes: number | undefined;
  /** Whether it is larger than what it stands in: its end is not there. */
  readonly isCutOff: boolean;
}

export interface EfiProgram {
  readonly partitionNumber: number;
  /** With backslashes, as firmware has it. */
  readonly path: string;
}

export interface BootMode {
  readonly mode: 'bios' | 'uefi';
  /** What was found that says so. */
  readonly reason: string;
}

export interface Guess<Name extends string> {
  readonly name: Name | 'unknown';
  readonly reason: string;
}

export interface Finding {
  /** A warning is something that stops a machine, or loses data; a note is good to know. */
  readonly severity: 'warning' | 'note';
  readonly message: string;
}

export function warning(message: string): Finding {
  return { severity: 'warning', message };
}

export function note(message: string): Finding {
  return { severity: 'note', message };
}
