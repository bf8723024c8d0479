import { inspectGuest } from '../guest/inspect.js';
import type { GuestReport } from '../guest/report.js';
import { type OpenImageOptions, openImage } from '../image/open-image.js';

/** Which image is read, and how. */
export type GuestReportOptions = OpenImageOptions;

/**
 * What stands on the disk of an image file: partition table, file systems, how a machine can start from it. Any content
 * gives a report; see {@link inspectGuest}. A `.gz` that omiforge has not written is inflated into a temporary file first.
 *
 * @throws ForgeError where the image cannot be opened or must not be read, or the signal's reason
 *
 * @example
 * const { bootModes, operatingSystem, findings } = await readGuestReport('disk.qcow2.gz');
 */
export async function readGuestReport(path: string, options: GuestReportOptions = {}): Promise<GuestReport> {
  await using image = await openImage(path, options);
  return inspectGuest({
    sizeBytes: image.virtualSizeBytes,
    // The last sector of a raw file may be short; what it lacks is zeros.
    read: (startBytes, target) => target.set(image.read(startBytes, target.length)),
  });
}
