/**
 * Where rules come from. A and B are the two editions of the provider's page "Creating a manifest file", C is its
 * current "Manifest file reference".
 */
export const origins = {
  json: 'JSON: RFC 8259',
  limits: 'omiforge: limits of what it reads',
  all: 'documentation A, B, C: manifest file',
  ab: 'documentation A/B: creating a manifest',
  c: 'documentation C: manifest file reference',
  createImage: 'API: CreateImage',
  bsu: 'API: BsuToCreate',
  blockDevices: 'API: BlockDeviceMappingImage',
  devices: 'user guide: Defining block device mappings',
  volumes: 'user guide: About volumes',
  buckets: 'user guide: buckets',
  presigning: 'user guide: Creating a pre-signed URL',
  signatures: 'user guide: About signatures of API requests',
  signatureV4: 'AWS Signature Version 4: query parameters',
  signatureV2: 'AWS Signature Version 2: query parameters',
  queue: 'measured: imports wait in the queue, some for more than an hour',
  practice: 'nowhere documented: what a careful reader may refuse',
  online: 'the object storage itself',
} as const;
