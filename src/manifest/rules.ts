/** What the service allows in a manifest, as far as it can be known without asking it. */

export const bytesPerGib = 1024 ** 3;

export const architectures = ['x86_64', 'i386'] as const;
export type Architecture = (typeof architectures)[number];

export const volumeTypes = ['standard', 'gp2', 'io1'] as const;
export type VolumeType = (typeof volumeTypes)[number];

/** Product codes: Linux/Unix, Windows, Linux/Oracle, Windows 10. */
export const productTypes = ['0001', '0002', '0004', '0005'] as const;
export type ProductType = (typeof productTypes)[number];

export const rootDevice = '/dev/sda1';
export const devicePattern = /^\/dev\/(?:sda1|(?:sd|xvd)[b-z][a-z]?)$/;
export const namePattern = /^[A-Za-z0-9_ ()/.-]{3,128}$/;
export const userPattern = /^[0-9]{12}$/;

export const maximumDisks = 40;
export const maximumVolumeGib = 14_901;
export const maximumIops = 13_000;
export const maximumIopsPerGib = 300;

/** The size in GiB of the smallest volume that holds `sizeBytes`: volumes come in whole GiB. */
export function volumeGib(sizeBytes: number): number {
  return Math.ceil(sizeBytes / bytesPerGib);
}

/** Whether `text` is an absolute http or https URL without white space or control characters. */
export function isHttpUrl(text: string): boolean {
  // URL parsing removes tabs and line breaks and trims spaces, so they have to be refused before.
  return /^https?:\/\/[^\s\p{Cc}]+$/iu.test(text) && URL.canParse(text);
}
