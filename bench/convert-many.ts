import { basename, join } from 'node:path';
import { convert } from '../src/index.js';

// node convert-many.js AT_ONCE FOLDER IMAGE...
// Converts raw images to qcow2.gz, fast, in one process, some at a time.

const [atOnce = '1', folder = '.', ...images] = process.argv.slice(2);
const waiting = images.values();

async function convertRest(): Promise<void> {
  for (const image of waiting) {
    await convert(image, join(folder, `${basename(image, '.raw')}.qcow2.gz`), { level: 1 });
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, convertRest));
