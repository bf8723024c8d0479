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
export { type Image, type OpenImageOptions, openImage } from './image/open-image.js';
export {
  type CreatedManifest,
  type CreateManifestRequest,
  createManifest,
  type ManifestFile,
} from './manifest/from-files.js';
export { saveManifest } from './manifest/save.js';
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
