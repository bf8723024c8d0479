import { ForgeError } from '../errors.js';
import { quoted } from '../quoted.js';

/** What an endpoint begins with where it does not say it. */
export type Protocol = 'http' | 'https';

/**
 * Where the object storage of a region answers: `endpoint` when there is one, else
 * `https://oos.{region}.outscale.com`.
 *
 * @param place what has the endpoint, for the message
 * @throws ForgeError `SIGN_INVALID` when `region` is not a region name, or when `endpoint` is anything but
 * scheme (http or https), host and port.
 */
export function resolveEndpoint(region: string, endpoint?: string | undefined, place = 'the endpoint'): URL {
  checkRegion(region);
  const text = endpoint ?? `https://oos.${region}.outscale.com`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isBare(url) || /[\s?#]/.test(text)) {
    throw new ForgeError(
      'SIGN_INVALID',
      `${place} is not a plain http or https URL; use scheme, host and port only, such as https://oos.eu-west-2.outscale.com`,
    );
  }
  return url;
}

/**
 * An endpoint as configurations have it, in the form that {@link resolveEndpoint} takes: with a scheme, and without
 * the path of an API version, which some tools write to every endpoint and the object storage has not.
 */
export function normalisedEndpoint(text: string, protocol: Protocol): string {
  const trimmed = text.trim();
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `${protocol}://${trimmed}`;
  return url.replace(/^(https?:\/\/[^/?#]+)\/+(?:api(?:\/[\w.-]+)?\/*)?$/i, '$1');
}

/**
 * The endpoint where `host` is the domain of all services, as older configurations have it (`outscale.com`), or the host
 * of one of them in the region (`api.eu-west-2.outscale.com`).
 */
export function endpointOfHost(host: string, region: string, protocol: Protocol): string {
  const [service = '', ofRegion, ...rest] = host.split('.');
  const domain = service !== '' && ofRegion === region ? rest.join('.') : host;
  return normalisedEndpoint(`oos.${region}.${domain}`, protocol);
}

/**
 * @param source where it comes from, for the message
 * @throws ForgeError `SIGN_INVALID`
 */
export function checkRegion(region: string, source?: string): void {
  if (/^[a-z0-9-]{1,63}$/.test(region)) return;
  const from = source === undefined ? '' : ` (from ${source})`;
  throw new ForgeError(
    'SIGN_INVALID',
    `${quoted(region)}${from} is not a region; use lowercase letters, digits and hyphens, such as eu-west-2`,
  );
}

function isBare(url: URL): boolean {
  const scheme = url.protocol === 'http:' || url.protocol === 'https:';
  return scheme && url.username === '' && url.password === '' && url.pathname === '/';
}
