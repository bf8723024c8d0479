import { type BootCode, bootCodeOf, hasNextStage } from './boot-code.js';
import { isEfiSystem, isFallback } from './efi-programs.js';
import type { GuestDisk } from './guest-disk.js';
import { GuestRange } from './guest-disk.js';
import { hasBootSignature, type Mbr } from './mbr.js';
import { type BootMode, type EfiProgram, type Finding, note, type Partition, warning } from './report.js';

/** All that is looked at. */
export interface BootScene {
  readonly disk: GuestDisk;
  readonly mbr: Mbr | undefined;
  readonly hasTable: boolean;
  readonly partitions: readonly Partition[];
  readonly efiPrograms: readonly EfiProgram[];
}

export interface FoundBoot {
  readonly modes: readonly BootMode[];
  readonly findings: readonly Finding[];
}

/** mkfs.fat and mkntfs put a boot sector that only prints this. */
const refusingText = 'not a bootable disk';

const codeNames: Readonly<Record<BootCode['kind'], string>> = {
  grub: 'GRUB',
  windows: 'that of Windows',
  syslinux: 'that of SYSLINUX',
  other: 'of an unknown kind',
};

/** How a machine can start from the disk. */
export function findBootModes(scene: BootScene): FoundBoot {
  const found = [biosBoot(scene), uefiBoot(scene)];
  return {
    modes: found.flatMap(({ modes }) => modes),
    findings: found.flatMap(({ findings }) => findings),
  };
}

function biosBoot(scene: BootScene): FoundBoot {
  const code = bootCodeOf(scene.mbr);
  if (code === undefined) return { modes: [], findings: [] };
  if (code.nextSector !== undefined) return grubBoot(scene, code.nextSector);
  // Without a table it is the boot sector of a file system, which nearly always has code that boots nothing.
  return scene.hasTable ? activeBoot(scene, code) : { modes: [], findings: [] };
}

function grubBoot({ disk, partitions }: BootScene, nextSector: number): FoundBoot {
  if (!hasNextStage(new GuestRange(disk), nextSector)) {
    const finding = `the boot code is GRUB's and goes on at sector ${nextSector}, but nothing is there: it does not start; run grub-install`;
    return { modes: [], findings: [warning(finding)] };
  }
  const nextBytes = nextSector * 512;
  const home = partitions.find(
    ({ startBytes, lengthBytes }) => nextBytes >= startBytes && nextBytes < startBytes + lengthBytes,
  );
  const where =
    home === undefined ? 'outside of the partitions' : `in partition ${home.number} (${home.typeName})`;
  return {
    modes: [
      { mode: 'bios', reason: `the boot code is GRUB's and goes on at sector ${nextSector}, ${where}` },
    ],
    findings: [],
  };
}

/** All other code starts the boot sector of the active partition. */
function activeBoot({ disk, partitions }: BootScene, { kind }: BootCode): FoundBoot {
  const active = partitions.find(({ isActive }) => isActive);
  if (active === undefined) return { modes: [], findings: [] };
  const { number, startBytes, lengthBytes } = active;
  const sector = new GuestRange(disk, startBytes, lengthBytes).read(0, 512);
  if (sector === undefined || !hasBootSignature(sector) || sector.includes(refusingText, 0, 'latin1')) {
    return {
      modes: [],
      findings: [note(`partition ${number} is active, but has no boot sector that starts anything`)],
    };
  }
  const reason = `there is boot code (${codeNames[kind]}), and partition ${number} is active and has a boot sector`;
  return { modes: [{ mode: 'bios', reason }], findings: [] };
}

function uefiBoot({ partitions, efiPrograms }: BootScene): FoundBoot {
  const homes = partitions.filter(isEfiSystem);
  const findings = homes.flatMap((partition) => homeFindings(partition, efiPrograms));
  const best = efiPrograms.find(({ path }) => isFallback(path)) ?? efiPrograms[0];
  if (best === undefined) return { modes: [], findings };
  if (!isFallback(best.path)) {
    findings.push(
      warning(
        'no EFI program is at \\EFI\\BOOT\\BOOTX64.EFI (or BOOTAA64.EFI), which is all that the firmware of a new machine looks for; copy the boot loader there',
      ),
    );
  }
  const reason = `EFI system partition ${best.partitionNumber} has ${best.path}`;
  return { modes: [{ mode: 'uefi', reason }], findings };
}

function homeFindings({ number, fileSystem }: Partition, efiPrograms: readonly EfiProgram[]): Finding[] {
  if (fileSystem?.type.startsWith('fat') !== true) {
    return [warning(`partition ${number} is an EFI system partition, but there is no FAT in it`)];
  }
  const isUsed = efiPrograms.some(({ partitionNumber }) => partitionNumber === number);
  return isUsed ? [] : [warning(`EFI system partition ${number} has no EFI program`)];
}
