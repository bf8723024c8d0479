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

/** Where the signature of a URL begins in a text, or that of one which lacks its question mark. */
const signaturePart =
  /[?&;]?(?<!-)(?:x-amz-[a-z-]{1,20}|awsaccesskeyid|signature|credential|security-?token)(?:=|%3d)[^\s'"]*?(?=[:;,.]?(?:[\s'"]|$))/gi;

/**
 * A text of which no part can be told apart, such as a message about arguments, without the signatures of URLs in it: people
 * give a URL where the name of a file belongs. What is no part of a signature stays.
 */
export function withoutSignatures(text: string): string {
  return text.replaceAll(signaturePart, '...');
}
