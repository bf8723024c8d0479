import { z } from 'zod';
import { levels } from '../../convert/options.js';
import { formatNames } from '../../image/format.js';
import { diskRules, imageRules, keysOf, says } from '../../manifest/schema.js';
import { parseSize } from './sizes.js';

const format = (what: string) => z.enum(formatNames, says(what, `use one of ${formatNames.join(', ')}`));
const source = says('source', 'name the file of the disk');
const snapshot = says('snapshot', 'use the id or the name of a snapshot in the qcow2');
const level = says('level', `use a whole number from ${levels.least} to ${levels.most}`);
const pad = says(
  'pad',
  'use the size of which the disk becomes a multiple, in whole sectors of 512 bytes, such as 1GiB',
);

// What Linux takes for a path.
const mostPathLetters = 4096;

/** A disk of a plan that is a map. */
export const diskSchema = z
  .strictObject(
    {
      source: z
        .string(source)
        .min(1, source)
        .max(
          mostPathLetters,
          `the source has a name of more than ${mostPathLetters} letters, which no file has`,
        )
        .refine((text) => !text.includes('\0'), 'the source has a zero byte in its name, which no file has')
        .describe('File of the disk; a relative name starts from the folder of the plan.'),
      'source-format': format('source-format')
        .optional()
        .describe('Format of the source; found out from its content by default.'),
      snapshot: z
        .string(snapshot)
        .min(1, snapshot)
        .optional()
        .describe('Internal snapshot of a qcow2 to take instead of its active state.'),
      device: diskRules.device
        .optional()
        .describe('By default /dev/sda1 for the first disk, then /dev/xvdb, /dev/xvdc and so on.'),
      'volume-type': diskRules.volumeType.optional().describe('standard by default.'),
      iops: diskRules.iops
        .optional()
        .describe('Operations per second, for io1 alone: at most 13000, and 300 for each GiB.'),
      'delete-on-termination': diskRules.deleteOnTermination
        .optional()
        .describe('Whether the volume goes away with the virtual machine; true by default.'),
      format: format('format').optional().describe('Format of the file that is made; qcow2.gz by default.'),
      level: z
        .int(level)
        .min(levels.least, level)
        .max(levels.most, level)
        .optional()
        .describe('Compression of a .gz: 0 none, 1 fast to 9 dense, 12 densest; 6 by default.'),
      pad: z
        .string(pad)
        .refine((text) => parseSize(text) !== undefined, pad)
        .optional()
        .describe(
          'Makes the virtual disk longer, up to a multiple of this size: 1GiB suits volumes, which are whole GiB.',
        ),
    },
    keysOf('disk', 'use a file name, or a map with at least a source'),
  )
  .describe('One disk of an image.');

const imageSchema = z
  .strictObject(
    {
      name: imageRules.name.describe('Name of the OMI, unique in the importing account.'),
      description: imageRules.description.optional().describe('Empty by default.'),
      architecture: imageRules.architecture.optional().describe('x86_64 by default.'),
      'product-types': imageRules.productTypes
        .optional()
        .describe('0001 Linux/Unix (default), 0002 Windows, 0004 Linux/Oracle, 0005 Windows 10.'),
      user: imageRules.user
        .optional()
        .describe('Account id of the exporter, 12 digits; left out by default.'),
      disks: z
        .array(diskSchema, says('list of disks', 'give one entry for each disk'))
        .min(1, { error: 'there is no disk; give at least one' })
        .describe('The disk that boots first.'),
    },
    keysOf('image', 'use a map with a name and disks'),
  )
  .describe('One OMI.');

/**
 * A plan, in which a disk that is given as the name of its file alone has become a map. Rules between several values are
 * those of the manifest.
 */
export const planSchema = z
  .strictObject(
    {
      images: z
        .array(imageSchema, says('list of images', 'give one entry for each image'))
        .min(1, { error: 'there is no image; give at least one' }),
    },
    keysOf('plan', "use a map with the key 'images'"),
  )
  .describe('Disk images that are prepared for upload together.');

/** A plan as {@link planSchema} takes it. */
export type WrittenPlan = z.infer<typeof planSchema>;
export type WrittenImage = WrittenPlan['images'][number];
export type WrittenDisk = WrittenImage['disks'][number];

/** The JSON Schema of plan files, for editors. */
export function planJsonSchema(): object {
  const schema = z.toJSONSchema(planSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // As people may write it.
      if (zodSchema !== imageSchema.shape.disks) return;
      jsonSchema.items = {
        anyOf: [{ type: 'string', description: 'File of the disk.' }, jsonSchema.items ?? {}],
      } as never;
    },
  });
  return { ...schema, title: 'omiforge plan' };
}
