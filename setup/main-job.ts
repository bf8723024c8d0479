import { randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { durationText } from '../src/cli/durations.js';
import { ProgressLine } from '../src/cli/progress.js';
import { isAbort, toForgeError } from '../src/errors.js';
import { convert, createManifest, saveManifest } from '../src/index.js';
import { type JobFacts, nextLines, reportTable } from './job-report.js';
import { makeSampleDisk } from './sample-disk.js';

export interface MainJob {
  /** The image to convert; a disk is made from files of this machine when there is none. */
  readonly image: string | undefined;
  readonly outputFolder: string;
}

const exitStatus = { done: 0, failed: 1, interrupted: 130 } as const;

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The sample disk, made once: it stands under its name only when it is whole. */
async function sampleDisk(outputFolder: string, signal: AbortSignal): Promise<string> {
  const path = join(outputFolder, 'sample-disk.raw');
  if (await isThere(path)) {
    console.log('sample disk: there already');
    return path;
  }
  console.log('sample disk: made from files of this machine ...');
  const startMs = performance.now();
  const { fileCount } = await makeSampleDisk(path, { signal });
  console.log(`sample disk: ${fileCount} files on it, in ${durationText(performance.now() - startMs)}`);
  return path;
}

/** Keys that open nothing: the signature is real, but nobody could fetch with it. */
function throwAwayKeys() {
  return {
    accessKey: randomBytes(10).toString('hex').toUpperCase(),
    secretKey: randomBytes(20).toString('hex').toUpperCase(),
  };
}

/** The name of an image file without what says its format. */
function plainName(path: string): string {
  return basename(path).replace(/(\.(raw|img|qcow2))?(\.gz)?$/i, '') || 'image';
}

/** A name that the service takes for an OMI: 3 to 128 of a few characters. */
function omiName(name: string): string {
  return `quickstart-${name.replaceAll(/[^A-Za-z0-9_.-]/g, '-')}`.slice(0, 128);
}

async function convertAndVerify(source: string, target: string, signal: AbortSignal) {
  console.log('conversion to qcow2.gz, then verification ...');
  const startMs = performance.now();
  let convertedMs = startMs;
  using line = await ProgressLine.create({ showRatio: true });
  const result = await convert(source, target, {
    verify: true,
    force: true,
    signal,
    onProgress: (progress) => {
      if (progress.phase !== 'verifying') convertedMs = performance.now();
      line.update(progress);
    },
    onWarning: (message) => console.error(`warning: ${message}`),
  });
  const { virtualSizeBytes, readBytes: dataBytes, writtenBytes } = result;
  const conversionMs = convertedMs - startMs;
  return {
    virtualSizeBytes,
    dataBytes,
    writtenBytes,
    conversionMs,
    verificationMs: result.elapsedMs - conversionMs,
  };
}

async function work({ image, outputFolder }: MainJob, signal: AbortSignal): Promise<JobFacts> {
  await mkdir(outputFolder, { recursive: true });
  const source = image ?? (await sampleDisk(outputFolder, signal));
  const name = plainName(source);
  const target = join(outputFolder, `${name}.qcow2.gz`);
  const manifestPath = join(outputFolder, `${name}.manifest.json`);
  const conversion = await convertAndVerify(source, target, signal);
  const { manifest, warnings, urlsExpireAt } = await createManifest({
    name: omiName(name),
    files: [target],
    presign: { bucket: 'quickstart', region: 'eu-west-2', credentials: throwAwayKeys() },
    signal,
  });
  await saveManifest(manifest, manifestPath, true);
  for (const warning of warnings) console.error(`warning: ${warning}`);
  return { ...conversion, source, target, manifest: manifestPath, urlsExpireAt };
}

/** Runs the main job for people: says what it does and prints the table. Resolves to the exit status. */
export async function runMainJob(job: MainJob): Promise<number> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  try {
    const facts = await work(job, controller.signal);
    console.log(`\n${reportTable(facts, process.cwd())}\n\n${nextLines(facts, process.cwd())}`);
    return exitStatus.done;
  } catch (error) {
    if (isAbort(error)) {
      console.error('interrupted; nothing half-made is left');
      return exitStatus.interrupted;
    }
    console.error(toForgeError(error).toLine());
    return exitStatus.failed;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
