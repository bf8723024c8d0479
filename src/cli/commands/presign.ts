import { Command, Option } from 'commander';
import { maximumExpirySeconds, type SignatureVersion } from '../../cloud/presigned-url.js';
import type { UrlMethod } from '../../cloud/sign-object.js';
import { jsonOption } from '../arguments.js';
import { longDurationText } from '../durations.js';
import { printJson, printLine, printNote, printWarning } from '../output.js';
import {
  expiresOption,
  type PlaceFlags,
  placeHelp,
  placeOptionNames,
  placeOptions,
} from '../signing-options.js';

interface PresignFlags extends PlaceFlags {
  readonly method?: UrlMethod;
  readonly signature?: SignatureVersion;
  readonly expires?: number;
  readonly read?: string;
  readonly json?: boolean;
}

const help = `
Prints for each s3://BUCKET/KEY a URL with which anyone can fetch that object (or with --method PUT, store it) until the
URL expires, one a line. Signing is arithmetic: nothing is sent, and it is not known whether the object is there or the
keys are right. Whoever has the URL can use it, so treat it as a secret. KEY stands as it is, without any encoding.

Both signatures are taken by the service: v4, which also names the region, and the older v2. The documentation of the
service allows 7 days for a URL; v2 could say more, so it is held to the same here.

What is uploaded to a PUT URL goes up as it is; with v2, send no Content-Type:
  $ curl --fail -T disk.qcow2.gz "$(omiforge presign --method PUT s3://my-images/disk.qcow2.gz)"

--read says what a URL says of itself, without its signature: which object, how it is signed, and until when it works.
Put it in quotes, as there are & in it.
${placeHelp}
--json prints a list with an object for each address: "url", "method", "bucket", "key", "signature", "region",
"endpoint", "expires-at" and "keys-from". With --read it prints one object: "url" (without its query), "bucket", "key",
"signature", "region", "temporary-keys", "signed-at", "expires-at", "expired" and "faults".

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  $ omiforge presign s3://my-images/import/debian-13.qcow2.gz
  $ omiforge presign --profile prod --expires 12h s3://my-images/root.raw.gz s3://my-images/data.raw.gz
  $ omiforge presign --json s3://my-images/disk.qcow2.gz | jq -r '.[]."expires-at"'
  $ omiforge presign --read "$(cat url.txt)"
`;

/** `omiforge presign ADDRESS...` */
export function presignCommand(): Command {
  const command = new Command('presign')
    .description('sign URLs of objects in a bucket, or say what a signed URL says')
    .argument('[address...]', 'objects, each as s3://BUCKET/KEY')
    .addOption(new Option('--method <method>', 'what the URL is for (default: GET)').choices(['GET', 'PUT']))
    .addOption(
      new Option('--signature <version>', 'form of the signature (default: v4)').choices(['v4', 'v2']),
    )
    .addOption(expiresOption());
  for (const option of placeOptions()) command.addOption(option);
  return command
    .addOption(
      new Option('--read <url>', 'say what this URL says of itself').conflicts([
        ...['method', 'signature', 'expires'],
        ...placeOptionNames,
      ]),
    )
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((addresses: string[], flags: PresignFlags) => run(command, addresses, flags));
}

async function run(command: Command, addresses: readonly string[], flags: PresignFlags): Promise<void> {
  if (flags.read !== undefined) {
    if (addresses.length > 0) usage(command, 'with --read there is nothing to sign; give one or the other');
    const { describeUrl } = await import('../presigned-text.js');
    const { json, text } = describeUrl(flags.read, new Date());
    if (flags.json === true) printJson(json);
    else printLine(text);
    return;
  }
  if (addresses.length === 0) usage(command, "missing required argument 'address'");
  await sign(addresses, flags);
}

function usage(command: Command, message: string): never {
  return command.error(`error: ${message}`, { exitCode: 2 });
}

async function sign(addresses: readonly string[], flags: PresignFlags): Promise<void> {
  const [{ parseObjectAddress }, { findSigningPlace }, { signObjectUrl }] = await Promise.all([
    import('../../cloud/object-address.js'),
    import('../../cloud/presign.js'),
    import('../../cloud/sign-object.js'),
  ]);
  const objects = addresses.map(parseObjectAddress);
  const { method = 'GET', signature = 'v4', expires: expiresSeconds = maximumExpirySeconds } = flags;
  const { context, keysFrom, warnings } = await findSigningPlace(flags, process.env);
  // One moment for all, so that they end together.
  const request = { ...context, method, signature, expiresSeconds, now: new Date() };
  const signed = await Promise.all(
    objects.map(async (object) => ({ ...object, ...(await signObjectUrl({ ...request, ...object })) })),
  );
  for (const warning of warnings) printWarning(warning);
  if (flags.json === true) {
    const { region, endpoint } = context;
    printJson(
      signed.map(({ url, bucket, key, expiresAt }) => ({
        ...{ url, method, bucket, key, signature, region, endpoint: endpoint.origin },
        'expires-at': expiresAt.toISOString(),
        'keys-from': keysFrom,
      })),
    );
    return;
  }
  for (const { url } of signed) printLine(url);
  const until = signed[0]?.expiresAt.toISOString();
  printNote(
    `works until ${until} (in ${longDurationText(expiresSeconds * 1000)}), signed with the keys of ${keysFrom}`,
  );
}
