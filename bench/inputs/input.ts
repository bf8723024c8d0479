/** The files that scenarios work on, under their names in the folder of inputs; `many` is a folder of images. */
export const inputNames = [
  'disk.raw',
  'disk.qcow2',
  'disk.qcow2.gz',
  'disk-compressed.qcow2',
  'dense.raw',
  'incompressible.raw',
  'sparse-huge.raw',
  'sparse-small.raw',
  'many',
  'large.raw',
] as const;

export type InputName = (typeof inputNames)[number];

/** What an input is made from. */
export const madeFrom: Partial<Record<InputName, InputName>> = {
  'disk.qcow2': 'disk.raw',
  'disk.qcow2.gz': 'disk.qcow2',
  'disk-compressed.qcow2': 'disk.raw',
};

/** The inputs and all that they are made from, each before what is made from it. */
export function inOrderOfMaking(wanted: readonly InputName[]): readonly InputName[] {
  const all = new Set<InputName>();
  const add = (name: InputName): void => {
    const origin = madeFrom[name];
    if (origin !== undefined) add(origin);
    all.add(name);
  };
  for (const name of wanted) add(name);
  return [...all];
}
