/**
 * A URL as it may be told: the query of a pre-signed URL opens the object to whoever reads it, and has the name of a
 * key in it. So all of the query goes, and a user with a password. It works on text that is no URL too, as users make
 * mistakes with what is secret: parameters of a signature go wherever they stand.
 */
export function redactUrl(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1...@')
    .replace(/[?#].*/s, '?...')
    .replace(/[&;]?(?:x-amz-|awsaccesskeyid|signature(?:=|%3d)).*/is, '...');
}
