import type { GuestReport } from './report.js';

/** Product codes of the service that mean Windows; 0001 and 0004 mean Linux. */
const windowsProducts: ReadonlySet<string> = new Set(['0002', '0005']);
const linuxProducts: ReadonlySet<string> = new Set(['0001', '0004']);

/**
 * What speaks against importing a disk as the root disk of an image with these product codes, one line each; the
 * warnings of the report are among them. Nothing here is certain to fail: a guess can be wrong.
 */
export function guestWarnings(report: GuestReport, productTypes: readonly string[]): readonly string[] {
  return [
    ...productWarnings(report, productTypes),
    ...bootWarnings(report),
    ...encryptionWarnings(report),
    ...architectureWarnings(report),
    ...report.findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
  ];
}

function productWarnings({ operatingSystem }: GuestReport, productTypes: readonly string[]): string[] {
  const { name, reason } = operatingSystem;
  const wrong = productTypes.filter(
    (product) =>
      (name === 'linux' && windowsProducts.has(product)) ||
      (name === 'windows' && linuxProducts.has(product)),
  );
  if (wrong.length === 0) return [];
  const [meant, seen, right] =
    name === 'linux' ? ['Windows', 'Linux', '0001'] : ['Linux', 'Windows', '0002 (or 0005 for Windows 10)'];
  return [
    `product type ${wrong.join(', ')} means ${meant}, but the disk looks like ${seen} (${reason}); if it is, use ${right}`,
  ];
}

function bootWarnings({ isEmpty, bootModes }: GuestReport): string[] {
  if (isEmpty) return ['the disk is empty: no machine starts from it'];
  if (bootModes.length === 0) {
    return [
      'nothing was found that starts a machine, neither boot code for a BIOS nor a boot loader for UEFI; as a root disk it does not start',
    ];
  }
  if (bootModes.some(({ mode }) => mode === 'bios')) return [];
  return [
    'the disk starts with UEFI alone, and a manifest cannot say so; the image has to be registered with the boot mode uefi',
  ];
}

function encryptionWarnings({ partitions, fileSystem }: GuestReport): string[] {
  const found = [
    { what: 'the disk', type: fileSystem?.type },
    ...partitions.map((partition) => ({
      what: `partition ${partition.number}`,
      type: partition.fileSystem?.type,
    })),
  ];
  return found
    .filter(({ type }) => type === 'luks1' || type === 'luks2' || type === 'bitlocker')
    .map(({ what, type }) => {
      const name = type === 'bitlocker' ? 'BitLocker' : 'LUKS';
      return `${what} is encrypted (${name}): a machine that needs it to start waits for a key`;
    });
}

function architectureWarnings({ architecture }: GuestReport): string[] {
  if (architecture.name !== 'aarch64') return [];
  return [`the disk is for aarch64 (${architecture.reason}), and the service has x86_64 and i386`];
}
