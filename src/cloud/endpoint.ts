import { ForgeError } from '../errors.js';

/**
 * Where the object storage of a region answers: `endpoint` when there is one, else
 * `https://oos.{region}.outscale.com`.
 *
 * @throws ForgeError `SIGN_INVALID` when `region` is not a region name, or when `endpoint` is anything but
 * scheme (http or https), host and port.
 */
export function resolveEndpoint(region: string, endpoint?: string | undefined): URL {
  checkRegion(region);
  const text = endpoint ?? `https://oos.${region}.outscale.com`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isBare(url) || /[\s?#]/.test(text)) {
    throw new ForgeError(
      'SIGN_INVALID',
      'the endpoint is not a plain http or https URL; use scheme, host and port only, such as https://oos.eu-west-2.outscale.com',
    );
  }
  return url;
}

function checkRegion(region: string): void {
  if (/^[a-z0-9-]{1,63}$/.test(region)) return;
  throw new ForgeError(
    'SIGN_INVALID',
    `${JSON.stringify(region)} is not a region; use lowercase letters, digits and hyphens, such as eu-west-2`,
  );
}

function isBare(url: URL): boolean {
  const scheme = url.protocol === 'http:' || url.protocol === 'https:';
  return scheme && url.username === '' && url.password === '' && url.pathname === '/';
}
