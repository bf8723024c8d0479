import test from 'ava';
import { describeUrl } from '../../src/cli/presigned-text.js';

const now = new Date('2026-01-10T00:00:00Z');
const v4 = (date: string, seconds: number) =>
  `https://h.example/b/k?X-Amz-Credential=AK%2F20260101%2Feu-west-2%2Fs3%2Faws4_request&X-Amz-Date=${date}` +
  `&X-Amz-Expires=${seconds}&X-Amz-Signature=00`;

test('a URL that has expired says so, and when', (t) => {
  const { text, json } = describeUrl(v4('20260101T000000Z', 86_400), now);
  t.regex(text, /works +NO MORE: it expired on 2026-01-02T00:00:00\.000Z, 8 days ago/);
  t.true(json['expired']);
});

test('the moment of the end itself is too late', (t) => {
  t.regex(describeUrl(v4('20260109T000000Z', 86_400), now).text, /NO MORE/);
  t.regex(describeUrl(v4('20260109T000000Z', 86_401), now).text, /until .*, for 1 second more/);
});

test('a URL of the future, and one that asks for too much, are told of', (t) => {
  t.regex(describeUrl(v4('20260111T000000Z', 60), now).text, /in the future: a clock is wrong/);
  t.regex(
    describeUrl(v4('20260109T000000Z', 604_801), now).text,
    /wrong +the URL is signed for 604801 seconds, allowed are 1 to 604800/,
  );
  t.notRegex(describeUrl(v4('20260109T000000Z', 604_800), now).text, /allowed are/);
});

test('what a URL does not say is told, not guessed', (t) => {
  const { text, json } = describeUrl('https://h.example/', now);
  t.regex(text, /bucket +not to be read/);
  t.regex(text, /signature +none/);
  t.notRegex(text, /works/);
  t.like(json, { bucket: null, key: null, signature: null, expired: null });
  t.regex(describeUrl('https://h.example/b/k?Signature=x', now).text, /works +it does not say until when/);
});

test('what is in a URL cannot drive the terminal', (t) => {
  const { text } = describeUrl(`https://h.example/b/k%1B[2J%0Ax?Expires=1&Signature=x`, now);
  t.regex(text, /key +k\\u001b\[2J\\u000ax\n/);
  t.is(
    text.split('\n').filter((line) => /^ {2}(?:storage|bucket|key|signature|works) /.test(line)).length,
    5,
  );
  t.false(text.includes('\u001b'));
});

test('what is wrong with a URL is told as of one in a manifest', (t) => {
  const { text, json } = describeUrl(
    'https://h.example/bkt/k?X-Amz-Date=20260109T000000Z&X-Amz-Expires=60',
    now,
  );
  t.regex(text, /signature +not whole/);
  t.regex(text, /wrong +the signature of the URL is not whole: X-Amz-Algorithm, .* are missing/);
  t.like((json['faults'] as object[])[0], { severity: 'error', code: 'url-incomplete' });
  const algorithm = describeUrl(
    v4('20260109T000000Z', 86_401).replace('?', '?X-Amz-Algorithm=FOO&'),
    now,
  ).text;
  t.regex(algorithm, /wrong +X-Amz-Algorithm of the URL is not AWS4-HMAC-SHA256/);
});

test('the bucket may be in the host name', (t) => {
  const { json } = describeUrl('https://my-bucket.oos.eu-west-2.outscale.com/import/d.raw.gz', now);
  t.like(json, { bucket: 'my-bucket', key: 'import/d.raw.gz' });
});

test('no part of a signature is shown, wherever in the URL it stands', (t) => {
  for (const mark of ['&', ';', '%3F']) {
    const { text, json } = describeUrl(v4('20260109T000000Z', 60).replace('?', mark), now);
    t.notRegex(`${text}${JSON.stringify(json)}`, /AK%2F|X-Amz-Signature=0/);
    t.is(json['key'], 'k...');
  }
});

test('a URL without its signature still tells when it has ended', (t) => {
  const { text } = describeUrl(v4('20260101T000000Z', 60).replace(/&X-Amz-Signature.*/, ''), now);
  t.regex(text, /signature +not whole/);
  t.regex(text, /works +NO MORE/);
});
