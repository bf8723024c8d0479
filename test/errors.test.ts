import { readFile } from 'node:fs/promises';
import test from 'ava';
import { errorCodes, ForgeError, isErrorCode, toForgeError } from '../src/errors.js';

test('every code of the native core stands in the one list', async (t) => {
  const source = await readFile(new URL('../../native/io/error.cc', import.meta.url), 'utf8');
  const names = [...source.matchAll(/return "([A-Z0-9_]+)";/g)].map(([, name]) => name);
  t.true(names.length > 10);
  for (const name of names) t.true(isErrorCode(name), `${name} is missing in src/errors.ts`);
});

test('codes are AREA_REASON and each is explained', (t) => {
  for (const [code, meaning] of Object.entries(errorCodes)) {
    if (code !== 'INTERNAL') t.regex(code, /^[A-Z0-9]+(_[A-Z0-9]+)+$/);
    t.true(meaning.length > 10);
  }
});

test('an error is one line: place, message, code', (t) => {
  const error = new ForgeError('IO_NOT_FOUND', 'no such file\nor directory', { path: '/a/b' });
  t.is(error.toLine(), '/a/b: no such file\\nor directory [IO_NOT_FOUND]');
  t.is(new ForgeError('INTERNAL', 'why').toLine(), 'why [INTERNAL]');
});

test('an error comes back whole from plain fields, as it crosses a thread', (t) => {
  const error = new ForgeError('QCOW2_CORRUPT', 'entry 7 is bad', { path: 'x.qcow2' });
  const back = ForgeError.fromFields(structuredClone(error.toFields()));
  t.true(back instanceof ForgeError);
  t.deepEqual([back.code, back.message, back.path], [error.code, error.message, error.path]);
});

for (const [systemCode, code] of [
  ['ENOENT', 'IO_NOT_FOUND'],
  ['EISDIR', 'IO_NOT_A_FILE'],
  ['EACCES', 'IO_ACCESS_DENIED'],
  ['ENOSPC', 'IO_NO_SPACE'],
  ['EFBIG', 'IO_TOO_LARGE'],
  ['EPIPE', 'IO_BROKEN_PIPE'],
  ['EIO', 'IO_FAILED'],
] as const) {
  test(`${systemCode} of the system is ${code}`, (t) => {
    const error = toForgeError(
      Object.assign(new Error('as the system says it'), { code: systemCode }),
      'a.raw',
    );
    t.is(error.code, code);
    t.is(error.path, 'a.raw');
  });
}

test('anything else that is thrown is a defect, and keeps its cause', (t) => {
  const cause = new TypeError('x is not a function');
  t.like(toForgeError(cause), { code: 'INTERNAL', message: cause.message, cause });
  t.like(toForgeError('text'), { code: 'INTERNAL', message: 'text' });
});
