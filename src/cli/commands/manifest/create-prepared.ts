import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForgeError } from '../../../errors.js';
import type { PresignTarget } from '../../../manifest/signed-objects.js';
import type { PreparedManifest } from '../../../snapshot/manifests.js';
import { printJson, printLine, printNote, printWarning } from '../../output.js';

/** Whether it is no image, but may be what `omiforge prepare` makes. */
export async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/** Whether it is what a run of `omiforge prepare` has brought to its end. */
export async function isPrepared(directory: string): Promise<boolean> {
  if (!(await isDirectory(directory))) return false;
  const { reportName } = await import('../../../snapshot/report.js');
  return await access(join(directory, reportName)).then(
    () => true,
    () => false,
  );
}

export interface PreparedRequest {
  readonly directory: string;
  readonly presign: PresignTarget | undefined;
  /** The image whose manifest is wanted; all when left out. */
  readonly imageName: string | undefined;
  readonly json: boolean;
}

/** Makes the manifests of a prepared directory, each in the folder of its image. */
export async function createPrepared({
  directory,
  presign,
  imageName,
  json,
}: PreparedRequest): Promise<void> {
  if (presign === undefined) {
    const message = 'is a prepared directory; give the --bucket that its files are, or will be, in';
    throw new ForgeError('ARGUMENT_INVALID', message, { path: directory });
  }
  const { createManifests } = await import('../../../snapshot/manifests.js');
  const made = await createManifests({ directory, presign, imageName });
  for (const manifest of made) tell(manifest);
  if (json) printJson(made.map(toJson));
  else for (const { path } of made) printLine(path);
}

function tell({ imageName, warnings, urlsExpireAt }: PreparedManifest): void {
  for (const warning of warnings) printWarning(`${imageName}: ${warning}`);
  if (urlsExpireAt !== undefined)
    printNote(`${imageName}: the URLs work until ${urlsExpireAt.toISOString()}`);
}

function toJson({ imageName, path, manifest, warnings, urlsExpireAt }: PreparedManifest): object {
  return {
    name: imageName,
    output: path,
    'urls-expire-at': urlsExpireAt?.toISOString() ?? null,
    warnings,
    manifest,
  };
}
