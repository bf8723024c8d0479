export type { Credentials, Environment } from './cloud/credentials.js';
export { type PresignRequest, presignUrl, type SigningPlace } from './cloud/presign.js';
export { type PresignedUrlFacts, readPresignedUrl, type SignatureVersion } from './cloud/presigned-url.js';
export { Secret } from './cloud/secret.js';
export type { SettingsFlags } from './cloud/settings.js';
export type { ObjectAddress, PresignedUrl, SignatureChoice, UrlMethod } from './cloud/sign-object.js';
export { convert } from './convert/convert.js';
export type { MeasuredLevel } from './convert/measuring/advice.js';
export type { ConvertOptions, ConvertProgress, ConvertResult, LevelChoice } from './convert/options.js';
export { type ErrorCode, errorCodes, ForgeError } from './errors.js';
export type { GuestDisk } from './guest/guest-disk.js';
export { inspectGuest } from './guest/inspect.js';
export type {
  BootMode,
  EfiProgram,
  FileSystem,
  FileSystemType,
  Finding,
  GptCopy,
  Guess,
  GuestReport,
  MbrTable,
  Partition,
  PartitionTable,
  SectorSize,
} from './guest/report.js';
export { guestWarnings } from './guest/warnings.js';
export { type CheckOptions, type CheckProgress, type CheckResult, checkImage } from './image/check.js';
export {
  type CompareOptions,
  type CompareProgress,
  type Comparison,
  compareImages,
} from './image/compare.js';
export { type DigestOptions, type DigestProgress, digestImage } from './image/digest.js';
export type { AllowExternal } from './image/external-files.js';
export type { Container, FormatName, ImageFormat } from './image/format.js';
export { type ImageInfo, type InfoOptions, readImageInfo } from './image/info.js';
export { type Image, type OpenImageOptions, type OpenProgress, openImage } from './image/open-image.js';
export { type GuestReportOptions, readGuestReport } from './inspection/read-guest-report.js';
export {
  type CreatedManifest,
  type CreateManifestRequest,
  createManifest,
  type ManifestFile,
} from './manifest/from-files.js';
export type { RepairChange } from './manifest/repair/changes.js';
export { type RepairedManifest, repairManifest } from './manifest/repair/repair.js';
export { type ResignedManifest, type ResignRequest, resignManifest } from './manifest/resign.js';
export { type AskOptions, askForObjects } from './manifest/review/online.js';
export {
  type ManifestReview,
  type ReviewedDisk,
  type ReviewOptions,
  validateManifest,
} from './manifest/review/review.js';
export type { ReviewFault, Severity } from './manifest/review/review-fault.js';
export { saveManifest, saveManifestText } from './manifest/save.js';
export type { Manifest, ManifestImage, ManifestSnapshot } from './manifest/schema.js';
export { serializeManifest } from './manifest/serialize.js';
export type { PresignTarget } from './manifest/signed-objects.js';
export type {
  CheckCounts,
  Compression,
  CompressionType,
  DirtyBitmap,
  EngineName,
  Extent,
  InflaterName,
  Qcow2Facts,
  RawFacts,
  Refusal,
  Snapshot,
  UnknownExtension,
  UnknownFeature,
} from './native/boundary.js';
export { BatchError, type BatchState } from './snapshot/batch-error.js';
export {
  type CreateManifestsRequest,
  createManifests,
  type PreparedManifest,
} from './snapshot/manifests.js';
export type { Batch, BatchDisk, BatchImage, LocatedBatch } from './snapshot/plan/batch.js';
export { PlanError, type PlanFault } from './snapshot/plan/faults.js';
export { type PlanDefaults, type PlanReading, readPlan } from './snapshot/plan/read-plan.js';
export { checkBatch, type PreparedBatch, prepareBatch } from './snapshot/prepare.js';
export type { DiskProgress, PrepareOptions } from './snapshot/prepare-options.js';
export type { Report, ReportDisk, ReportImage } from './snapshot/report.js';
export {
  type VerifiedFile,
  type VerifyDirectoryOptions,
  verifyDirectory,
} from './snapshot/verify-directory.js';
