import { Command, Option } from 'commander';
import type { DiskSettings } from '../../../manifest/create.js';
import type { CreatedManifest, CreateManifestRequest, ReadImageFacts } from '../../../manifest/from-files.js';
import { serializeManifest } from '../../../manifest/serialize.js';
import type { UrlSource } from '../../../manifest/signed-objects.js';
import { quoted } from '../../../quoted.js';
import { jsonOption } from '../../arguments.js';
import { printJson, printNote, printText, printWarning } from '../../output.js';
import {
  expiresOption,
  placeHelp,
  placeOptionNames,
  placeOptions,
  type SigningFlags,
} from '../../signing-options.js';
import { createPrepared, isDirectory, isPrepared } from './create-prepared.js';
import { collect, type DiskFlags, diskOptions, type ImageFlags, imageOptions } from './image-options.js';
import { type OutputFlags, outputOptions, outputPath } from './shared-options.js';

interface CreateOptions extends ImageFlags, DiskFlags, SigningFlags, OutputFlags {
  readonly url?: readonly string[];
}

const createHelp = `
FILE... are local images, the disk that boots first: raw, raw.gz, qcow2 or qcow2.gz, as they are (or will be) in
the bucket. Their sizes are read from the files. Nothing is uploaded and nothing is sent: signing is arithmetic, so
a manifest can be made before, after or without the upload.

Of a directory that 'omiforge prepare' has made each image gets its manifest.json, beside its files. The plan has said
all of it but --bucket; objects are named PREFIX/IMAGE/FILE, as in the directory, and --name chooses one image.

Options for disks may be repeated: the first value is for the first disk, the second for the second, and "-" leaves
a disk at its default. A single --volume-type or --delete-on-termination is for all disks, and a single --iops for
all io1 disks. Without --device the disks are /dev/sda1, /dev/xvdb, /dev/xvdc and so on.
${placeHelp}
URLs work for 7 days at most, which is the default: an import waits in a queue, often longer than an hour, before it
reads. With --url the manifest names each file by the object key in its URL: the path without the bucket, decoded.

--json prints an object with "output", "urls-expire-at", "warnings" and "manifest".

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  One Linux disk, uploaded as import/debian-13.qcow2.gz in the bucket my-images:
    $ omiforge manifest create --name debian-13 --bucket my-images --prefix import -o manifest.json debian-13.qcow2.gz

  A Windows root disk and a fast data disk, of 7 GiB or more, that outlives the virtual machine, URLs good for 12 hours:
    $ omiforge manifest create --name win-2022 --product-type 0002 --bucket my-images --expires 12h \\
        --volume-type gp2 --volume-type io1 --iops 2000 \\
        --delete-on-termination true --delete-on-termination false root.qcow2.gz data.raw.gz > manifest.json

  All manifests of what 'omiforge prepare' has made, beside its files, or that of one image:
    $ omiforge manifest create --bucket my-images --prefix import prepared
    $ omiforge manifest create --bucket my-images --prefix import --name web-2026.1 prepared

  With a URL that was pre-signed elsewhere:
    $ omiforge manifest create --name debian-13 --url "$(cat url.txt)" debian-13.qcow2.gz
`;

/** `omiforge manifest create`. `readFacts` stands in for the reading of image files. */
export function createCommand(signal: AbortSignal, readFacts: ReadImageFacts | undefined): Command {
  const command = new Command('create')
    .description('make the manifest of an OMI from local image files')
    .argument('<file...>', 'local image files, the root disk first, or one prepared directory');
  for (const option of [...imageOptions(), ...diskOptions(), ...urlOptions(), ...reportOptions()]) {
    command.addOption(option);
  }
  return command.addHelpText('after', createHelp).action(async (paths: string[], options: CreateOptions) => {
    const directory = await directoryAmong(command, paths, options);
    if (directory !== undefined) return await createFromDirectory(command, directory, options);
    if (options.name === undefined) {
      command.error("error: required option '--name <name>' not specified", { exitCode: 2 });
    }
    const request = { ...toRequest(command, paths, options), signal };
    await runCreate(request, readFacts, options);
  });
}

/** The directory that was given, if one was. */
async function directoryAmong(
  command: Command,
  paths: readonly string[],
  { url }: CreateOptions,
): Promise<string | undefined> {
  const [first = ''] = paths;
  if (paths.length === 1 && url === undefined) return (await isDirectory(first)) ? first : undefined;
  for (const path of paths) {
    if (!(await isPrepared(path))) continue;
    const message = `error: ${quoted(path)} is a prepared directory, which stands alone, and takes --bucket, not --url`;
    command.error(message, { exitCode: 2 });
  }
  return undefined;
}

/** The plan of a prepared directory has said all but where the files are. */
async function createFromDirectory(
  command: Command,
  directory: string,
  options: CreateOptions,
): Promise<void> {
  const { name, bucket, prefix, profile, config, region, endpoint, expires: expiresSeconds, json } = options;
  const foreign = (
    [
      'description',
      'architecture',
      'productType',
      'user',
      'device',
      'volumeType',
      'iops',
      'deleteOnTermination',
      'output',
    ] as const
  ).find((key) => options[key] !== undefined);
  if (foreign !== undefined) {
    const flag = `--${foreign.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    command.error(
      `error: ${flag} is for image files; ${quoted(directory)} is a prepared directory, whose plan says it`,
      {
        exitCode: 2,
      },
    );
  }
  const presign =
    bucket === undefined ? undefined : { bucket, prefix, profile, config, region, endpoint, expiresSeconds };
  await createPrepared({ directory, presign, imageName: name, json: json ?? false });
}

async function runCreate(
  request: CreateManifestRequest,
  readFacts: ReadImageFacts | undefined,
  options: CreateOptions,
): Promise<void> {
  const output = outputPath(options.output);
  const force = options.force ?? false;
  // Loaded here: the signer and the schema take longer to load than all other commands take to start.
  const { checkTarget } = await import('../../../files/target-file.js');
  if (output !== undefined) await checkTarget(output, force); // before a long measurement, not after it
  const { createManifest } = await import('../../../manifest/from-files.js');
  const created = await createManifest(request, readFacts);
  const { saveManifest } = await import('../../../manifest/save.js');
  if (output !== undefined) await saveManifest(created.manifest, output, force);
  print(created, output, options.json ?? false);
}

function print(
  { manifest, warnings, urlsExpireAt }: CreatedManifest,
  output: string | undefined,
  json: boolean,
): void {
  for (const warning of warnings) printWarning(warning);
  if (urlsExpireAt !== undefined) printNote(`the URLs work until ${urlsExpireAt.toISOString()}`);
  if (json) {
    const report = {
      output: output ?? null,
      'urls-expire-at': urlsExpireAt?.toISOString() ?? null,
      warnings,
      manifest,
    };
    printJson(report);
  } else if (output === undefined) {
    printText(serializeManifest(manifest));
  }
}

function toRequest(
  command: Command,
  paths: readonly string[],
  options: CreateOptions,
): CreateManifestRequest {
  const { name = '', description, architecture, user } = options;
  const files = toFiles(command, paths, options);
  const image = { name, description, architecture, user, productTypes: options.productType, files };
  return { ...image, ...toUrlSource(command, paths.length, options) };
}

function toUrlSource(command: Command, fileCount: number, options: CreateOptions): UrlSource {
  const { url: urls, bucket, prefix, profile, config, region, endpoint, expires: expiresSeconds } = options;
  if (urls !== undefined) {
    if (urls.length === fileCount) return { urls };
    return command.error(
      `error: ${urls.length} --url for ${fileCount} files; give one per file, in the same order`,
      {
        exitCode: 2,
      },
    );
  }
  if (bucket !== undefined) {
    return { presign: { bucket, prefix, profile, config, region, endpoint, expiresSeconds } };
  }
  return command.error('error: it is not said where the files are; give --bucket, or one --url per file', {
    exitCode: 2,
  });
}

function toFiles(
  command: Command,
  paths: readonly string[],
  { device = [], volumeType = [], iops = [], deleteOnTermination = [] }: CreateOptions,
): readonly (DiskSettings & { readonly path: string })[] {
  const lists = { device, 'volume-type': volumeType, iops, 'delete-on-termination': deleteOnTermination };
  for (const [name, { length }] of Object.entries(lists)) {
    if (length > paths.length) {
      command.error(`error: ${length} --${name} for ${paths.length} files; give at most one per file`, {
        exitCode: 2,
      });
    }
  }
  const types = paths.map((_, index) => forDisk(volumeType, index));
  const single = iops.length === 1 && types.includes('io1') ? iops[0] : undefined;
  return paths.map((path, index) => ({
    path,
    device: device[index],
    volumeType: types[index],
    iops: single === undefined ? iops[index] : types[index] === 'io1' ? single : undefined,
    deleteOnTermination: forDisk(deleteOnTermination, index),
  }));
}

/** The value of an option at a position; a single value is for all positions. */
function forDisk<T>(values: readonly T[], index: number): T | undefined {
  return values.length === 1 ? values[0] : values[index];
}

function urlOptions(): readonly Option[] {
  return [
    new Option('--bucket <name>', 'bucket that holds the files; their URLs are signed for it'),
    new Option('--prefix <folder>', 'folder in the bucket; an object is named FOLDER/FILE'),
    ...placeOptions(),
    expiresOption(),
    new Option('--url <url>', 'pre-signed URL of a file, instead of --bucket; once per file, in their order')
      .argParser(collect((text) => text))
      .conflicts(['bucket', 'prefix', 'expires', ...placeOptionNames]),
  ];
}

function reportOptions(): readonly Option[] {
  return [...outputOptions(), jsonOption()];
}
