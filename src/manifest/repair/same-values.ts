import type { JsonNode } from '../json/document.js';

/**
 * Compares two readings of a manifest: keys, their order, and all values have to be the same.
 *
 * @returns where in the first the first difference is; undefined when there is none
 */
export function firstDifference(one: JsonNode, other: JsonNode): number | undefined {
  if (one.type === 'unreadable' || one.type !== other.type || !isSameScalar(one, other)) return one.offset;
  if (one.members.length !== other.members.length || one.items.length !== other.items.length) {
    return one.offset;
  }
  for (const [index, member] of one.members.entries()) {
    const twin = other.members[index];
    if (twin === undefined || twin.key !== member.key) return member.offset;
    const difference = firstDifference(member.value, twin.value);
    if (difference !== undefined) return difference;
  }
  for (const [index, item] of one.items.entries()) {
    const twin = other.items[index];
    const difference = twin === undefined ? item.offset : firstDifference(item, twin);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Numbers may be written in another way, such as 0.5 for .5, but never lose a digit. */
function isSameScalar(one: JsonNode, other: JsonNode): boolean {
  if (one.value === other.value) return true;
  return one.type === 'number' && canonical(one.value) === canonical(other.value);
}

function canonical(number: string): string {
  const [whole = '', fraction = ''] = number.replace('-', '').split('.');
  const sign = number.startsWith('-') ? '-' : '';
  return `${sign}${whole || '0'}.${fraction || '0'}`;
}
