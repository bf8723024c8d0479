import test from 'ava';
import { askForObjects } from '../../../src/manifest/review/online.js';
import { validateManifest } from '../../../src/manifest/review/review.js';
import { judgedAt, manifestLines, secret, signedQuery } from '../../helpers/manifest-text.js';
import { type Answer, object, refuse, serveObjects } from '../../helpers/object-server.js';

const gzip = Buffer.from([0x1f, 0x8b, 8, 0]);
const qcow2 = Buffer.from('QFI\xfb', 'latin1');
const zeros = Buffer.alloc(4);

/** Reviews of disks that are objects of a server, each with `CompressedSize` 1000. */
function disksOf(origin: string, names: readonly string[]) {
  const disks = names.map((name) =>
    manifestLines
      .slice(10, 20)
      .map((line) => {
        if (line.includes('PreSignedUrl')) return `"PreSignedUrl": "${origin}/b/${name}?${signedQuery()}",`;
        if (line.includes('Filename')) return `"Filename": "${name}",`;
        return line.replace('412345678', '1000');
      })
      .join('\n')
      .concat('}'),
  );
  return validateManifest(`{"Image": {"Snapshots": [\n${disks.join(',\n')}]}}`, { now: judgedAt }).disks;
}

type Case = readonly [
  what: string,
  name: string,
  answer: Answer,
  expected: string | undefined,
  says?: RegExp,
];

const cases: readonly Case[] = [
  ['all is well', 'a.raw.gz', object(gzip, 1000), undefined],
  ['a qcow2', 'a.qcow2', object(qcow2, 1000), undefined],
  ['a raw', 'a.raw', object(zeros, 1000), undefined],
  [
    'another length',
    'a.raw.gz',
    object(gzip, 999),
    'error online-length',
    /999 bytes, CompressedSize is 1000/,
  ],
  ['no gzip', 'a.qcow2.gz', object(qcow2, 1000), 'error online-content', /named \.gz and is a qcow2/],
  ['no qcow2', 'a.qcow2', object(gzip, 1000), 'error online-content', /named \.qcow2 and is gzip/],
  ['no raw', 'a.raw', object(qcow2, 1000), 'error online-content', /named \.raw and is a qcow2/],
  ['an unknown name', 'a.bin', object(qcow2, 1000), undefined],
  [
    'no signature',
    'a.raw',
    refuse(401, 'AccessDenied'),
    'error online-refused',
    /wants a signature \(401\).*AccessDenied/,
  ],
  [
    'a wrong signature',
    'a.raw',
    refuse(403, 'SignatureDoesNotMatch'),
    'error online-refused',
    /\(403\).*SignatureDoesNotMatch/,
  ],
  [
    'no object',
    'a.raw',
    refuse(404, 'NoSuchKey'),
    'error online-refused',
    /no such object.*\(404\).*NoSuchKey/,
  ],
  ['an empty object', 'a.raw', refuse(416, 'InvalidRange'), 'error online-refused', /empty \(416\)/],
  ['a failure', 'a.raw', refuse(503, 'SlowDown'), 'error online-refused', /has failed \(503\); try again/],
  ['an odd code', 'a.raw', refuse(400, `x</Code><Code>${secret}`), 'error online-refused', /status 400/],
  [
    'no ranges',
    'a.raw',
    (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.end(Buffer.alloc(1000));
    },
    undefined,
  ],
  [
    'no length',
    'a.raw',
    (_, response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(1000));
      response.end(Buffer.alloc(1000));
    },
    'warning online-length',
    /does not tell how long/,
  ],
  [
    'a redirect',
    'a.raw',
    (_, response) => {
      response.writeHead(307, { location: '/b/elsewhere' });
      response.end();
    },
    'error online-refused',
    /redirects to another URL \(307\)/,
  ],
  [
    'an encoded answer',
    'a.raw.gz',
    (_, response) => {
      response.writeHead(206, { 'content-encoding': 'gzip', 'content-range': 'bytes 0-3/1000' });
      response.end(gzip);
    },
    undefined,
  ],
  [
    'a closed door',
    'a.raw',
    (request) => request.socket.destroy(),
    'error online-unreachable',
    /cannot be reached/,
  ],
  ['silence', 'a.raw', () => {}, 'error online-unreachable', /not answer in time/],
];

for (const [what, name, answer, expected, says] of cases) {
  test(`the storage answers: ${what}`, async (t) => {
    await using server = await serveObjects({ [`/b/${name}`]: answer });
    const timeoutMs = what === 'silence' ? 50 : 60_000;
    const faults = await askForObjects(disksOf(server.origin, [name]), { timeoutMs });
    t.deepEqual(
      faults.map(({ severity, code }) => `${severity} ${code}`),
      expected === undefined ? [] : [expected],
    );
    if (says !== undefined) t.regex(faults[0]?.message ?? '', says);
    for (const fault of faults) {
      t.is(fault.path, 'Image.Snapshots[0].PreSignedUrl');
      t.is(fault.line, 9);
    }
    t.false(JSON.stringify(faults).includes(secret.slice(0, 20)));
    // Where nothing answers, it may not even come to the request in time.
    if (what !== 'silence') t.deepEqual(server.requests, [`GET /b/${name}`]);
  });
}

test('nobody there', async (t) => {
  const { origin } = await (async () => {
    await using server = await serveObjects({});
    return { origin: server.origin };
  })();
  const [fault] = await askForObjects(disksOf(origin, ['a.raw']));
  t.regex(fault?.message ?? '', /cannot be reached \(ECONNREFUSED\)/);
});

test('at most 4 objects are asked for at once, each once, in any order', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `${index}.raw`);
  const slow: Answer = (request, response) => {
    setTimeout(() => object(zeros, request.url?.includes('/7.raw') ? 7 : 1000)(request, response), 5);
  };
  await using server = await serveObjects(Object.fromEntries(names.map((name) => [`/b/${name}`, slow])));
  const faults = await askForObjects(disksOf(server.origin, names));
  t.deepEqual(
    faults.map(({ path, code }) => `${path} ${code}`),
    ['Image.Snapshots[7].PreSignedUrl online-length'],
  );
  t.true(server.mostAtOnce <= 4);
  t.deepEqual(server.requests.toSorted(), names.map((name) => `GET /b/${name}`).toSorted());
});

test('what has no URL is not asked for', async (t) => {
  const { disks } = validateManifest('{"Image": {"Snapshots": [{}, {"PreSignedUrl": "s3://b/k"}]}}');
  t.deepEqual(await askForObjects(disks), []);
});

test('an abort ends it with its reason', async (t) => {
  await using server = await serveObjects({ '/b/a.raw': () => controller.abort(reason) });
  const controller = new AbortController();
  const reason = new Error('enough');
  const asked = askForObjects(disksOf(server.origin, ['a.raw']), { signal: controller.signal });
  t.is(await t.throwsAsync(asked), reason);
});
