import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeProgram } from '../../src/cli/manual/description.js';
import { createProgram } from '../../src/cli/program.js';
import { version } from '../../src/cli/version.js';
import { manualPage } from './page.js';

/** Writes the manual page into `dist`, from where the package takes it. It runs from `dist/setup/man-page` itself. */
const dist = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const program = await createProgram('', new AbortController().signal);
await mkdir(join(dist, 'man'), { recursive: true });
await writeFile(join(dist, 'man', 'omiforge.1'), manualPage(describeProgram(program), version));
