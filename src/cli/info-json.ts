import { isAbsolute } from 'node:path';
import type { ImageInfo } from '../image/info.js';
import type { DirtyBitmap, Qcow2Facts, Snapshot } from '../native/boundary.js';

/** What `qemu-img info --output=json` would say, under its key names, and a few keys more. */
export function infoJson(info: ImageInfo): Record<string, unknown> {
  const { qcow2 } = info;
  return {
    'virtual-size': info.virtualSizeBytes,
    filename: info.filename,
    ...(qcow2 === undefined ? {} : { 'cluster-size': qcow2.clusterSizeBytes }),
    format: info.format,
    container: info.container,
    'actual-size': info.allocatedBytes,
    'file-length': info.fileLengthBytes,
    ...(qcow2 === undefined ? {} : qcow2Keys(info.filename, qcow2)),
    'dirty-flag': qcow2?.isDirty ?? false,
    ...(info.refusal === undefined ? {} : { refusal: info.refusal }),
  };
}

function qcow2Keys(filename: string, qcow2: Qcow2Facts): Record<string, unknown> {
  const data = {
    compat: qcow2.version === 2 ? '0.10' : '1.1',
    'compression-type': qcow2.compressionType,
    'refcount-bits': qcow2.refcountBits,
    ...(qcow2.dataFile === undefined ? {} : { 'data-file': qcow2.dataFile }),
    ...(qcow2.hasRawDataFile === undefined ? {} : { 'data-file-raw': qcow2.hasRawDataFile }),
    // qemu-img names these for version 3 alone: version 2 cannot have them.
    ...(qcow2.version === 2
      ? {}
      : {
          'lazy-refcounts': qcow2.hasLazyRefcounts,
          corrupt: qcow2.isCorrupt,
          ...(qcow2.bitmaps?.length ? { bitmaps: qcow2.bitmaps.map(bitmapKeys) } : {}),
          'extended-l2': qcow2.hasExtendedL2,
        }),
  };
  return {
    'format-specific': { type: 'qcow2', data },
    ...(qcow2.isEncrypted ? { encrypted: true } : {}),
    'snapshot-count': qcow2.snapshotCount,
    // As qemu-img: no key where there is nothing to list. Within gzip only the count is known.
    ...(qcow2.snapshots?.length ? { snapshots: qcow2.snapshots.map(snapshotKeys) } : {}),
    ...(qcow2.backingFile === undefined ? {} : backingKeys(filename, qcow2.backingFile, qcow2.backingFormat)),
  };
}

function bitmapKeys({ name, granularityBytes, isInUse, isAuto }: DirtyBitmap): Record<string, unknown> {
  return {
    flags: [...(isInUse ? ['in-use'] : []), ...(isAuto ? ['auto'] : [])],
    name,
    granularity: granularityBytes,
  };
}

function snapshotKeys(snapshot: Snapshot): Record<string, unknown> {
  return {
    id: snapshot.id,
    name: snapshot.name,
    'vm-state-size': snapshot.vmStateSizeBytes,
    'date-sec': snapshot.dateSeconds,
    'date-nsec': snapshot.dateNanoseconds,
    'vm-clock-sec': snapshot.vmClockSeconds,
    'vm-clock-nsec': snapshot.vmClockNanoseconds,
    ...(snapshot.instructionCount === undefined ? {} : { icount: snapshot.instructionCount }),
  };
}

function backingKeys(filename: string, backingFile: string, backingFormat: string | undefined) {
  // A name with a protocol is not a path beside the image.
  const isPath = !/^[A-Za-z0-9+.-]+:/.test(backingFile);
  // As qemu-img puts them together: the parts as they stand, not made simpler.
  const folder = filename.slice(0, filename.lastIndexOf('/') + 1);
  const full = isPath && !isAbsolute(backingFile) ? `${folder}${backingFile}` : backingFile;
  return {
    'backing-filename': backingFile,
    'full-backing-filename': full,
    ...(backingFormat === undefined ? {} : { 'backing-filename-format': backingFormat }),
  };
}
