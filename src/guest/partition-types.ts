/** Partition types that the rest of this folder asks for by name. */
export const guids = {
  efiSystem: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  biosBoot: '21686148-6449-6E6F-744E-656564454649',
  microsoftReserved: 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
  windowsRecovery: 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
} as const;

/** The same of an MBR. */
export const mbrTypes = { efiSystem: 0xef, protective: 0xee, windowsRecovery: 0x27 } as const;

/**
 * GPT types: those of the UEFI specification (5.3.3), of Microsoft (CreatePartition documentation) and of the
 * Discoverable Partitions Specification that disk images for clouds have.
 */
const gptNames: ReadonlyMap<string, string> = new Map([
  [guids.efiSystem, 'EFI system'],
  [guids.biosBoot, 'BIOS boot'],
  ['024DEE41-33E7-11D3-9D69-0008C781F39F', 'MBR partition scheme'],
  [guids.microsoftReserved, 'Microsoft reserved'],
  ['EBD0A0A2-B9E5-4433-87C0-68B6B72699C7', 'Microsoft basic data'],
  ['5808C8AA-7E8F-42E0-85D2-E1E90434CFB3', 'Microsoft LDM metadata'],
  ['AF9B60A0-1431-4F62-BC68-3311714A69AD', 'Microsoft LDM data'],
  [guids.windowsRecovery, 'Windows recovery'],
  ['E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D', 'Microsoft storage spaces'],
  ['0FC63DAF-8483-4772-8E79-3D69D8477DE4', 'Linux file system'],
  ['0657FD6D-A4AB-43C4-84E5-0933C84B4F4F', 'Linux swap'],
  ['E6D6D379-F507-44C2-A23C-238F2A3DF928', 'Linux LVM'],
  ['A19D880F-05FC-4D3B-A006-743F0F84911E', 'Linux RAID'],
  ['933AC7E1-2EB4-4F13-B844-0E14E2AEF915', 'Linux home'],
  ['3B8F8425-20E0-4F3B-907F-1A25A76F98E8', 'Linux server data'],
  ['4D21B016-B534-45C2-A9FB-5C16E091FD2D', 'Linux variable data'],
  ['7EC6F557-3BC5-4ACA-B293-16EF5DF639D1', 'Linux temporary data'],
  ['BC13C2FF-59E6-4262-A352-B275FD6F7172', 'Linux extended boot'],
  ['8DA63339-0007-60C0-C436-083AC8230908', 'Linux reserved'],
  ['CA7D7CCB-63ED-4C53-861C-1742536059CC', 'Linux LUKS'],
  ['44479540-F297-41B2-9AF7-D131D5F0458A', 'Linux root (x86)'],
  ['4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709', 'Linux root (x86-64)'],
  ['B921B045-1DF0-41C3-AF44-4C6F280D3FAE', 'Linux root (ARM64)'],
  ['8484680C-9521-48C6-9C11-B0720656F69E', 'Linux /usr (x86-64)'],
  ['B0E01050-EE5F-4390-949A-9101B17104E9', 'Linux /usr (ARM64)'],
  ['2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5', 'Linux root verity (x86-64)'],
  ['DF3300CE-D69F-4C92-978C-9BFB0F38D820', 'Linux root verity (ARM64)'],
  ['77FF5F63-E7B6-4633-ACF4-1565B864C0E6', 'Linux /usr verity (x86-64)'],
  ['6E11A4E7-FBCA-4DED-B9E9-E1A512BB664E', 'Linux /usr verity (ARM64)'],
  ['9E1A2D38-C612-4316-AA26-8B49521E5A8B', 'PowerPC PReP boot'],
  ['516E7CB4-6ECF-11D6-8FF8-00022D09712B', 'FreeBSD data'],
  ['83BD6B9D-7F41-11DC-BE0B-001560B84F0F', 'FreeBSD boot'],
  ['516E7CB5-6ECF-11D6-8FF8-00022D09712B', 'FreeBSD swap'],
  ['516E7CB6-6ECF-11D6-8FF8-00022D09712B', 'FreeBSD UFS'],
  ['516E7CBA-6ECF-11D6-8FF8-00022D09712B', 'FreeBSD ZFS'],
  ['6A898CC3-1DD2-11B2-99A6-080020736631', 'Solaris /usr or Apple ZFS'],
  ['48465300-0000-11AA-AA11-00306543ECAC', 'Apple HFS+'],
  ['7C3457EF-0000-11AA-AA11-00306543ECAC', 'Apple APFS'],
]);

/** MBR types have no register: these are the meanings in common use. */
const mbrNames: ReadonlyMap<number, string> = new Map([
  [0x01, 'FAT12'],
  [0x04, 'FAT16 below 32 MiB'],
  [0x05, 'extended'],
  [0x06, 'FAT16'],
  [0x07, 'NTFS or exFAT'],
  [0x0b, 'FAT32'],
  [0x0c, 'FAT32 (LBA)'],
  [0x0e, 'FAT16 (LBA)'],
  [0x0f, 'extended (LBA)'],
  [0x11, 'hidden FAT12'],
  [0x14, 'hidden FAT16 below 32 MiB'],
  [0x16, 'hidden FAT16'],
  [0x17, 'hidden NTFS'],
  [0x1b, 'hidden FAT32'],
  [0x1c, 'hidden FAT32 (LBA)'],
  [0x1e, 'hidden FAT16 (LBA)'],
  [mbrTypes.windowsRecovery, 'Windows recovery'],
  [0x41, 'PowerPC PReP boot'],
  [0x42, 'Windows dynamic disk'],
  [0x82, 'Linux swap or Solaris'],
  [0x83, 'Linux'],
  [0x85, 'Linux extended'],
  [0x8e, 'Linux LVM'],
  [0xa5, 'FreeBSD'],
  [0xa6, 'OpenBSD'],
  [0xa9, 'NetBSD'],
  [0xaf, 'Apple HFS+'],
  [0xbf, 'Solaris'],
  [0xda, 'no file system'],
  [0xe8, 'LUKS'],
  [0xea, 'Linux extended boot'],
  [mbrTypes.protective, 'GPT protective'],
  [mbrTypes.efiSystem, 'EFI system'],
  [0xfb, 'VMware VMFS'],
  [0xfd, 'Linux RAID'],
]);

export const unknownType = 'unknown';

export function gptTypeName(guid: string): string {
  return gptNames.get(guid) ?? unknownType;
}

export function mbrTypeName(type: number): string {
  return mbrNames.get(type) ?? unknownType;
}

/** The types of partitions that only hold others. */
export function isExtended(type: number): boolean {
  return type === 0x05 || type === 0x0f || type === 0x85;
}

export function mbrTypeId(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`;
}
