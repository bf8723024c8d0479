import { type ErrorFields, toForgeError } from '../errors.js';
import { addon } from '../native/addon.js';
import type { Compression, NativeImage } from '../native/boundary.js';
import type {
  Answer,
  CompressJob,
  CompressResult,
  CopyClustersJob,
  DigestJob,
  EncodeJob,
  EncodeResult,
  ImageRef,
  Job,
  ScanJob,
} from './jobs.js';
import { segmentBytes } from './jobs.js';
import type { Task } from './threads.js';

// Short enough to be written while it is in a near cache, and long enough for file systems and the inflaters.
const copyBytes = 1024 * 1024;

// Kept for the life of the thread: touching fresh memory for every segment costs about a tenth of deflating it.
let scratch = new Uint8Array(0);
let otherScratch = new Uint8Array(0);

function scratchFor(lengthBytes: number): Uint8Array {
  if (scratch.length < lengthBytes)
    scratch = addon.alignedBytes(lengthBytes <= copyBytes ? copyBytes : Math.max(lengthBytes, segmentBytes));
  return scratch;
}

function otherScratchFor(lengthBytes: number): Uint8Array {
  if (otherScratch.length < lengthBytes)
    otherScratch = addon.alignedBytes(Math.max(lengthBytes, segmentBytes));
  return otherScratch;
}

/** Opens what a job needs for the job alone, so that no file outlives the conversion that named it. */
function withImage<Result>(ref: ImageRef, use: (image: NativeImage) => Result): Result {
  const image = addon.openImage(ref.path, ref.format, ref);
  try {
    return use(image);
  } finally {
    image.close();
  }
}

function encodeInto(
  job: EncodeJob | ScanJob,
  compression: Compression | undefined,
  output: Uint8Array<ArrayBuffer>,
): EncodeResult {
  const { startBytes, lengthBytes, clusterBytes } = job;
  const clusters = clusterBytes === 0 ? 0 : Math.ceil(lengthBytes / clusterBytes);
  const hasData = new Uint8Array(Math.ceil(clusters / 8));
  const options = {
    clusterBytes,
    compression,
    scratch: scratchFor(Math.max(lengthBytes, clusters * clusterBytes)),
    output,
    hasData,
  };
  const encoded = withImage(job.image, (image) =>
    addon.encodeSegment(image, startBytes, lengthBytes, options),
  );
  return { ...encoded, hasData, output };
}

function compress(job: CompressJob): CompressResult {
  const { image: ref, startBytes, lengthBytes, clusterBytes, clusters, recompress, container, output } = job;
  const count = Math.ceil(lengthBytes / clusterBytes);
  const storedBytes = new Uint32Array(count);
  const options = {
    clusterBytes,
    clusters,
    recompress,
    container,
    packed: scratchFor(count * clusterBytes),
    plain: otherScratchFor(count * clusterBytes),
    output,
    storedBytes,
  };
  const compressed = withImage(ref, (image) =>
    addon.compressSegment(image, startBytes, lengthBytes, options),
  );
  return { ...compressed, storedBytes, output };
}

function scan(job: ScanJob): Uint8Array | undefined {
  return job.onlyPlain ? scanPlain(job) : scanAll(job);
}

function scanPlain({ image: ref, startBytes, lengthBytes, clusterBytes }: ScanJob): Uint8Array | undefined {
  const hasData = new Uint8Array(Math.ceil(lengthBytes / clusterBytes / 8));
  const isPlain = withImage(ref, (image) =>
    addon.scanClusters(image, startBytes, lengthBytes, clusterBytes, hasData, scratchFor(clusterBytes)),
  );
  return isPlain ? hasData : undefined;
}

function scanAll(job: ScanJob): Uint8Array {
  const clusters = Math.ceil(job.lengthBytes / job.clusterBytes);
  const output = otherScratchFor(clusters * job.clusterBytes) as Uint8Array<ArrayBuffer>;
  return encodeInto(job, undefined, output).hasData;
}

function copyClusters(job: CopyClustersJob): undefined {
  const { startBytes, lengthBytes, clusterBytes, hasData, targetPath, offsetBytes } = job;
  const buffer = scratchFor(Math.max(copyBytes, clusterBytes)).subarray(0, Math.max(copyBytes, clusterBytes));
  withImage(job.image, (image) =>
    addon.copyClusters(
      image,
      startBytes,
      lengthBytes,
      clusterBytes,
      hasData,
      targetPath,
      offsetBytes,
      buffer,
    ),
  );
}

function digest({ image: ref, startBytes, lengthBytes, zeroBytes }: DigestJob): Uint8Array {
  // Loaded here, as most conversions have no need of it.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  const buffer = scratchFor(copyBytes);
  withImage(ref, (image) => {
    for (let done = 0; done < lengthBytes; done += copyBytes) {
      const part = buffer.subarray(0, Math.min(copyBytes, lengthBytes - done));
      image.read(startBytes + done, part);
      hash.update(part);
    }
  });
  // A copy: what crosses a thread is all of the buffer that it stands in.
  return Uint8Array.from(hash.update(new Uint8Array(zeroBytes)).digest());
}

/** What a job gives, and those of its buffers that move back instead of being copied. */
interface Outcome {
  readonly result: unknown;
  readonly moved?: ArrayBuffer[];
}

function perform(job: Job): Outcome {
  switch (job.kind) {
    case 'encode': {
      const result = encodeInto(job, job.compression, job.output);
      return { result, moved: [result.output.buffer] };
    }
    case 'compress': {
      const result = compress(job);
      return { result, moved: [result.output.buffer] };
    }
    case 'scan':
      return { result: scan(job) };
    case 'copy': {
      const { startBytes, lengthBytes, targetPath } = job;
      const buffer = scratchFor(copyBytes).subarray(0, copyBytes);
      return {
        result: withImage(job.image, (image) =>
          addon.copySegment(image, startBytes, lengthBytes, targetPath, buffer),
        ),
      };
    }
    case 'copyClusters':
      return { result: copyClusters(job) };
    case 'place':
      addon.placeBytes(job.targetPath, job.offsetBytes, job.bytes.subarray(0, job.lengthBytes));
      return { result: job.bytes, moved: [job.bytes.buffer] };
    case 'scatter': {
      const { offsetBytes, runs, targetPath, restPath, bytes } = job;
      const block = bytes.subarray(0, job.lengthBytes);
      const writtenBytes = addon.scatterBlock(block, offsetBytes, runs, targetPath, restPath);
      return { result: { writtenBytes, bytes }, moved: [bytes.buffer] };
    }
    case 'move': {
      const { runs, targetPath, restPath } = job;
      return { result: addon.moveRuns(runs, targetPath, restPath, scratchFor(segmentBytes)) };
    }
    case 'digest':
      return { result: digest(job) };
    case 'prove':
      addon.proveGzipPieces(job.path, job.first, job.count);
      return { result: undefined };
    case 'difference': {
      const { startBytes, lengthBytes } = job;
      const buffers = [scratchFor(lengthBytes), otherScratchFor(lengthBytes)] as const;
      return {
        result: withImage(job.image, (image) =>
          withImage(job.other, (other) =>
            addon.findDifference(image, other, startBytes, lengthBytes, ...buffers),
          ),
        ),
      };
    }
    case 'nonZero': {
      const { startBytes, lengthBytes } = job;
      const buffer = scratchFor(lengthBytes);
      return {
        result: withImage(job.image, (image) => addon.findNonZero(image, startBytes, lengthBytes, buffer)),
      };
    }
  }
}

/** What every worker thread runs: one job, nothing kept but its buffers. */
export function runJob({ job, answers }: Task): void {
  const { answer, moved } = answerTo(job);
  answers.postMessage(answer, moved);
}

/** Does a job in the thread that calls, and says which buffers of the answer need not be copied. */
export function answerTo(job: Job): { readonly answer: Answer; readonly moved?: ArrayBuffer[] | undefined } {
  try {
    const { result, moved } = perform(job);
    return { answer: { result }, moved };
  } catch (thrown) {
    return { answer: { error: describeFailure(thrown, job) } };
  }
}

/** What failed, with the name that users know of the file that is at fault. */
function describeFailure(thrown: unknown, job: Job): ErrorFields {
  if ('targetPath' in job && !('image' in job)) return toForgeError(thrown, job.targetPath).toFields();
  if (job.kind === 'prove') return toForgeError(thrown, job.path).toFields();
  const images = job.kind === 'difference' ? [job.image, job.other] : [job.image];
  // What the core finds wrong within an image comes without a path.
  const names = images.map(({ label, path }) => label ?? path);
  const fields = toForgeError(thrown, names.join(' or ')).toFields();
  const known = images.find(({ path }) => path === fields.path);
  return { ...fields, path: known?.label ?? fields.path };
}
