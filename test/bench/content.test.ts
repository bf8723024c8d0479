import { gzipSync } from 'node:zlib';
import test from 'ava';
import { denseContent, noiseContent } from '../../bench/inputs/content.js';

const lengthBytes = 2 ** 20;

test('dense content deflates about as programs do, and has no zero cluster', (t) => {
  const content = denseContent(lengthBytes);
  const share = gzipSync(content).length / lengthBytes;
  t.true(share > 0.3 && share < 0.55, `${share}`);
  t.is(content.indexOf(Buffer.alloc(512)), -1);
});

test('noise does not deflate', (t) => {
  t.true(gzipSync(noiseContent(lengthBytes)).length >= lengthBytes);
});

test('both are always the same, of any length', (t) => {
  for (const make of [denseContent, noiseContent]) {
    t.deepEqual(make(5000), make(5000));
    t.is(make(4099).length, 4099);
  }
});
