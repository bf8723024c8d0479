import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planJsonSchema } from '../src/snapshot/plan/schema.js';

/** Writes the JSON Schema of plans into `dist`, from where the package takes it. It runs from `dist/setup` itself. */
const dist = dirname(dirname(fileURLToPath(import.meta.url)));
const text = `${JSON.stringify(planJsonSchema(), undefined, 2)}\n`;
await writeFile(join(dist, 'src', 'plan.schema.json'), text);
