import { quotedHarmless } from '../quoted.js';
import { architectures, maximumDisks, namePattern, productTypes, userPattern } from '../rules.js';
import type { Findings, Spot } from './findings.js';
import { type KeyRule, type Members, membersOf } from './keys.js';
import { origins } from './origins.js';
import { booleanOf, integerOf, textOf, wrongType } from './values.js';

const manifestKeys: readonly KeyRule[] = [
  // Edition A calls it optional, C requires it.
  { key: 'Version', absent: { severity: 'warning', advice: 'add "Version": 1', origin: origins.c } },
  {
    key: 'Image',
    absent: { severity: 'error', advice: 'add it, with all that describes the OMI', origin: origins.all },
  },
];

const imageKeys: readonly KeyRule[] = [
  {
    key: 'Name',
    absent: { severity: 'warning', advice: 'add the name of the OMI', origin: origins.ab },
  },
  {
    key: 'Description',
    absent: { severity: 'warning', advice: 'add it, even if it is ""', origin: origins.ab },
  },
  { key: 'Type', absent: { severity: 'warning', advice: 'add "Type": "machine"', origin: origins.ab } },
  { key: 'Public', absent: { severity: 'warning', advice: 'add "Public": false', origin: origins.ab } },
  {
    key: 'Architecture',
    absent: {
      severity: 'warning',
      advice: 'add x86_64 or i386, as the default was i386 and is x86_64 now',
      origin: origins.ab,
    },
  },
  {
    key: 'ProductTypes',
    absent: { severity: 'error', advice: 'add a list such as ["0001"]', origin: origins.all },
  },
  // Optional in A and B, and not in C.
  { key: 'User' },
  {
    key: 'Snapshots',
    absent: { severity: 'error', advice: 'add a list with one entry per disk', origin: origins.all },
  },
];

/** What the manifest says of the OMI; undefined where it is missing or nobody can tell. */
export interface ImageFacts {
  readonly version: number | undefined;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly architecture: string | undefined;
  readonly productTypes: readonly string[];
  readonly user: string | undefined;
}

/** The OMI, and its disks, which are looked at on their own. */
export interface ImageReview {
  readonly facts: ImageFacts;
  /** The list of disks; undefined when there is none. */
  readonly list: Spot | undefined;
  readonly snapshots: readonly Spot[];
}

/** Of a manifest of which nothing can be read. */
export const noImageFacts: ImageFacts = {
  version: undefined,
  name: undefined,
  description: undefined,
  architecture: undefined,
  productTypes: [],
  user: undefined,
};

const nothing: ImageReview = { facts: noImageFacts, list: undefined, snapshots: [] };

/** Tries the rules for all but the disks. */
export function reviewImage(root: Spot, findings: Findings): ImageReview {
  if (root.node.type !== 'object') {
    wrongType(root, 'the manifest', 'write an object: { "Version": 1, "Image": { ... } }', findings);
    return nothing;
  }
  const members = membersOf(root, manifestKeys, findings);
  const version = checkVersion(members.get('Version'), findings);
  const image = members.get('Image');
  if (image === undefined) return { ...nothing, facts: { ...nothing.facts, version } };
  if (image.node.type !== 'object') {
    wrongType(image, 'Image', 'write an object', findings);
    return { ...nothing, facts: { ...nothing.facts, version } };
  }
  const parts = membersOf(image, imageKeys, findings);
  const facts = { version, ...checkTexts(parts, findings) };
  checkFixed(parts, findings);
  return {
    facts: { ...facts, productTypes: checkProductTypes(parts.get('ProductTypes'), findings) },
    list: parts.get('Snapshots'),
    snapshots: snapshotsOf(parts.get('Snapshots'), findings),
  };
}

function checkVersion(spot: Spot | undefined, findings: Findings): number | undefined {
  const version = integerOf(spot, 'the version', findings);
  if (spot !== undefined && version !== undefined && version !== 1) {
    findings.error(spot, 'version', `the version ${version} is not known; write 1`, origins.all);
  }
  return version;
}

function checkTexts(
  parts: Members,
  findings: Findings,
): Pick<ImageFacts, 'name' | 'description' | 'architecture' | 'user'> {
  const text = (key: string, what: string) => textOf(parts.get(key), what, findings);
  const refuse = (key: string, code: string, message: string, origin: string) => {
    const spot = parts.get(key);
    if (spot !== undefined) findings.error(spot, code, message, origin);
  };
  const name = text('Name', 'the name');
  if (name !== undefined && !namePattern.test(name)) {
    const message = `the name ${quotedHarmless(name)} is not allowed; use 3 to 128 characters of A-Z a-z 0-9 _ ( ) / . - and space`;
    refuse('Name', 'name', message, origins.createImage);
  }
  const architecture = text('Architecture', 'the architecture');
  if (architecture !== undefined && !isOneOf(architectures, architecture)) {
    const message = `the architecture ${quotedHarmless(architecture)} is not known; use ${architectures.join(' or ')}`;
    refuse('Architecture', 'architecture', message, origins.createImage);
  }
  const user = text('User', 'the user');
  if (user !== undefined && !userPattern.test(user)) {
    const message = `the user ${quotedHarmless(user)} is not allowed; use the 12 digits of an account id, or leave it out`;
    refuse('User', 'user', message, origins.ab);
  }
  return { name, architecture, user, description: text('Description', 'the description') };
}

function checkFixed(parts: Members, findings: Findings): void {
  const type = parts.get('Type');
  const typeText = textOf(type, 'the type', findings);
  if (type !== undefined && typeText !== undefined && typeText !== 'machine') {
    const message = `the type ${quotedHarmless(typeText)} is not known; write "machine"`;
    findings.error(type, 'type', message, origins.all);
  }
  const isPublic = parts.get('Public');
  if (isPublic !== undefined && booleanOf(isPublic, 'Public', findings) === true) {
    const message = 'Public is true; write false, and share the OMI after the import';
    findings.error(isPublic, 'public', message, origins.all);
  }
}

function checkProductTypes(spot: Spot | undefined, findings: Findings): readonly string[] {
  if (spot === undefined) return [];
  if (spot.node.type !== 'array') {
    wrongType(spot, 'ProductTypes', 'write a list such as ["0001"]', findings);
    return [];
  }
  if (spot.node.items.length === 0) {
    const message = `there is no product type; use ${productTypes.join(', ')}`;
    findings.error(spot, 'no-product-type', message, origins.all);
  }
  const seen = new Set<string>();
  for (const [index, node] of spot.node.items.entries()) {
    const item = { node, path: `${spot.path}[${index}]` };
    if (node.type !== 'string') {
      wrongType(item, 'the product type', `write a text: ${quotedTypes()}`, findings);
    } else if (!isOneOf(productTypes, node.value)) {
      const message = `the product type ${quotedHarmless(node.value)} is not known; use ${productTypes.join(', ')}`;
      findings.error(item, 'product-type', message, origins.all);
    } else if (seen.has(node.value)) {
      const message = `the product type ${node.value} stands in the list already; name it once`;
      findings.warning(item, 'duplicate-product-type', message, origins.practice);
    } else {
      seen.add(node.value);
    }
  }
  return [...seen];
}

function quotedTypes(): string {
  return productTypes.map((code) => `"${code}"`).join(', ');
}

function snapshotsOf(spot: Spot | undefined, findings: Findings): readonly Spot[] {
  if (spot === undefined) return [];
  if (spot.node.type !== 'array') {
    wrongType(spot, 'Snapshots', 'write a list with one entry per disk', findings);
    return [];
  }
  const { items } = spot.node;
  if (items.length === 0) {
    findings.error(spot, 'no-snapshots', 'there is no disk; give at least one', origins.all);
  }
  if (items.length > maximumDisks) {
    const message = `there are ${items.length} disks; a virtual machine has at most ${maximumDisks}`;
    findings.error(spot, 'too-many-snapshots', message, origins.volumes);
  }
  return items.map((node, index) => ({ node, path: `${spot.path}[${index}]` }));
}

function isOneOf(allowed: readonly string[], value: string): boolean {
  return allowed.includes(value);
}
