import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} SystemPackage
 * @property {string} proof a command, or the path of a file, that is there when the package is; a `*` in a name of the
 *   path stands for anything
 * @property {string} debian the name of the package in Debian and Ubuntu
 * @property {boolean} required true when nothing can be built without it
 * @property {string} purpose what goes without it
 */

/** @type {readonly SystemPackage[]} */
export const systemPackages = [
  { proof: 'g++', debian: 'g++', required: true, purpose: 'compiles the native core' },
  { proof: 'make', debian: 'make', required: true, purpose: 'builds the native core' },
  {
    proof: 'python3',
    debian: 'python3',
    required: true,
    purpose: 'runs node-gyp, which builds the native core',
  },
  {
    proof: 'pkg-config',
    debian: 'pkg-config',
    required: false,
    purpose: 'finds the libraries for the native core',
  },
  {
    proof: '/usr/include/isa-l.h',
    debian: 'libisal-dev',
    required: false,
    purpose: 'lets the native core deflate and inflate several times faster',
  },
  {
    proof: '/usr/include/libdeflate.h',
    debian: 'libdeflate-dev',
    required: false,
    purpose: 'lets the native core compress denser and faster than zlib',
  },
  {
    proof: '/usr/include/zstd.h',
    debian: 'libzstd-dev',
    required: false,
    purpose: 'lets the native core read zstd clusters of qcow2',
  },
  {
    proof: 'mke2fs',
    debian: 'e2fsprogs',
    required: false,
    purpose: 'makes the sample disk of the quickstart',
  },
  {
    proof: 'sfdisk',
    debian: 'fdisk',
    required: false,
    purpose: 'partitions the sample disk of the quickstart',
  },
  {
    proof: 'qemu-img',
    debian: 'qemu-utils',
    required: false,
    purpose: 'referee of the tests, rival of the benchmarks',
  },
  {
    proof: 'sgdisk',
    debian: 'gdisk',
    required: false,
    purpose: 'referee of the tests, for partition tables',
  },
  { proof: 'mkfs.fat', debian: 'dosfstools', required: false, purpose: 'disks of the tests' },
  { proof: 'mcopy', debian: 'mtools', required: false, purpose: 'disks of the tests' },
  { proof: 'mkfs.xfs', debian: 'xfsprogs', required: false, purpose: 'disks of the tests' },
  { proof: 'mkfs.btrfs', debian: 'btrfs-progs', required: false, purpose: 'disks of the tests' },
  { proof: 'mkntfs', debian: 'ntfs-3g', required: false, purpose: 'disks of the tests' },
  { proof: 'gzip', debian: 'gzip', required: false, purpose: 'referee of the tests' },
  {
    proof: 'groff',
    debian: 'groff-base',
    required: false,
    purpose: 'referee of the tests, for the manual page',
  },
  { proof: 'zsh', debian: 'zsh', required: false, purpose: 'the tests of completion' },
  { proof: 'fish', debian: 'fish', required: false, purpose: 'the tests of completion' },
  { proof: 'pigz', debian: 'pigz', required: false, purpose: 'rival of the benchmarks' },
  { proof: 'igzip', debian: 'isal', required: false, purpose: 'rival of the benchmarks' },
  { proof: 'time', debian: 'time', required: false, purpose: 'measures the runs of the benchmarks' },
  { proof: '/usr/include/zlib.h', debian: 'zlib1g-dev', required: false, purpose: 'the C++ tests' },
  {
    proof: '/usr/include/doctest/doctest.h',
    debian: 'doctest-dev',
    required: false,
    purpose: 'the C++ tests',
  },
  {
    proof: 'clang-format',
    debian: 'clang-format',
    required: false,
    purpose: 'npm run lint, for the C++ files',
  },
  { proof: 'clang++', debian: 'clang', required: false, purpose: 'npm run fuzz' },
  {
    proof: '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a',
    debian: 'libclang-rt-dev',
    required: false,
    purpose: 'npm run fuzz',
  },
];

/** Where Debian keeps the tools of the administrator; the PATH of other users often lacks them. */
const administratorFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** @returns {string} the PATH with the folders of mke2fs, sfdisk and dpkg's own tools on it */
export function fullPath() {
  return [...(process.env['PATH'] ?? '').split(delimiter), ...administratorFolders]
    .filter(Boolean)
    .join(delimiter);
}

/**
 * @param {string} folder
 * @param {string} name with at most one `*`
 * @returns {string[]} the paths of what is in the folder under that name
 */
function entries(folder, name) {
  const [start = '', end] = name.split('*');
  if (end === undefined) return [join(folder, name)];
  try {
    const fitting = readdirSync(folder).filter((entry) => entry.startsWith(start) && entry.endsWith(end));
    return fitting.map((entry) => join(folder, entry));
  } catch {
    return [];
  }
}

/**
 * @param {string} pattern
 * @returns {string[]} the paths that it may stand for
 */
function expand(pattern) {
  return pattern
    .split('/')
    .slice(1)
    .reduce((folders, name) => folders.flatMap((folder) => entries(folder, name)), ['/']);
}

/**
 * @param {string} proof
 * @returns {boolean}
 */
export function isInstalled(proof) {
  const candidates = proof.includes('/')
    ? expand(proof)
    : fullPath()
        .split(delimiter)
        .map((folder) => join(folder, proof));
  return candidates.some((path) => {
    try {
      accessSync(path, proof.includes('/') ? constants.R_OK : constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

/**
 * @param {(proof: string) => boolean} [installed]
 * @returns {SystemPackage[]}
 */
export function missingPackages(installed = isInstalled) {
  return systemPackages.filter(({ proof }) => !installed(proof));
}

/**
 * @param {readonly SystemPackage[]} packages
 * @returns {string[]} the command that installs them, without what gives it the right to
 */
export function installCommand(packages) {
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...packages.map(({ debian }) => debian)];
}

/**
 * The list for people: each package with its purpose, then the command line to run.
 * @param {readonly SystemPackage[]} packages
 * @returns {string}
 */
export function describePackages(packages) {
  const width = Math.max(...packages.map(({ debian }) => debian.length));
  const rows = packages.map(({ debian, purpose, required }) => {
    return `  ${debian.padEnd(width)}  ${purpose}${required ? ' (required)' : ''}`;
  });
  const command = `sudo apt-get update && sudo ${installCommand(packages).join(' ')}`;
  return [...rows, 'to install them on Debian or Ubuntu:', `  ${command}`].join('\n');
}
