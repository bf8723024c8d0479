import { readSignedQuery } from './signed-query.js';

/** Where an object is, as its URL says. */
export interface LocatedObject {
  /** `path`: the bucket is the first part of the path. `host`: it is the first part of the host name. */
  readonly style: 'path' | 'host';
  readonly bucket: string;
  readonly key: string;
  /** Of the host name or of the scope of the signature; undefined when neither tells. */
  readonly region: string | undefined;
}

const storageHost = /^(?:(.+)\.)?oos\.([a-z0-9-]+)\.outscale\.com$/;

/** Reads bucket and key out of a URL; undefined when it does not name both in a form that can be read. */
export function locateObject(url: URL): LocatedObject | undefined {
  const [, hostBucket, hostRegion] = storageHost.exec(url.hostname) ?? [];
  const region = hostRegion ?? scopeRegion(url);
  const [, pathBucket, pathKey] = /^\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  try {
    if (hostBucket !== undefined) {
      const key = decodeURIComponent(url.pathname.slice(1));
      return key === '' ? undefined : { style: 'host', bucket: hostBucket, key, region };
    }
    if (pathBucket === undefined || pathKey === undefined) return undefined;
    const bucket = decodeURIComponent(pathBucket);
    return { style: 'path', bucket, key: decodeURIComponent(pathKey), region };
  } catch {
    return undefined; // an escape that is no UTF-8
  }
}

/** The region that the host name of OUTSCALE's object storage tells. */
export function regionOfHost(url: URL): string | undefined {
  return storageHost.exec(url.hostname)?.[2];
}

function scopeRegion(url: URL): string | undefined {
  const query = readSignedQuery(url);
  return query.version === 4 ? query.scope?.region : undefined;
}
