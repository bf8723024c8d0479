import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Puts the program into few CommonJS files, as Node takes longer to load tens of ES modules than the program takes for
 * most of its work. The files replace what tsc has made of `main.cts` and `thread.cts`, which does the same from ES
 * modules: after tsc alone it is never an old bundle that runs.
 *
 * They stand as deep in `dist` as the modules that look for files from where they are.
 */

/** @typedef {import('esbuild').Plugin} Plugin */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');
const target = join(root, 'dist', 'src');

/**
 * Piscina has threads run a script that it looks for beside itself.
 * @type {Plugin}
 */
const piscinaScript = {
  name: 'script of Piscina',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/piscina\/dist\/index\.js$/ }, async ({ path }) => {
      const [before, after, ...more] = (await readFile(path, 'utf8')).split("__dirname, 'worker.js'");
      if (after === undefined || more.length > 0) throw new Error(`${path} names its script in another way`);
      return { contents: `${before}__dirname, '../workers/piscina.cjs'${after}` };
    }),
};

/**
 * Commander can start other programs, for which it loads much of Node. Here it never does.
 * @type {Plugin}
 */
const noOtherPrograms = {
  name: 'no other programs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'nothing', namespace: 'nothing' } : undefined,
    );
    onLoad({ filter: /^nothing$/, namespace: 'nothing' }, () => ({ contents: '' }));
  },
};

/**
 * @param {string} entry
 * @param {string} outfile
 * @returns {Promise<string[]>} the files that went into it
 */
async function bundle(entry, outfile) {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile: join(target, outfile),
    absWorkingDir: root,
    allowOverwrite: true,
    bundle: true,
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    // What is large and for few commands, and an addon that Piscina can do without.
    external: ['zod', '@smithy/*', 'yaml', 'jsonc-parser', 'jsonrepair', '@napi-rs/nice'],
    format: 'cjs',
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'error' },
    metafile: true,
    minify: true,
    platform: 'node',
    plugins: [piscinaScript, noOtherPrograms],
    sourcemap: true,
    sourcesContent: false,
    target: 'node20.19',
  });
  return Object.keys(metafile.inputs);
}

/**
 * The licenses of the packages that files are from, which have to go with them.
 * @param {readonly string[]} paths below the root
 */
async function licensesOf(paths) {
  const packages = paths.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const texts = [...new Set(packages)].sort().map(async (name) => {
    const license = (await readdir(join(root, name))).find((file) => /^licen[cs]e/i.test(file));
    if (license === undefined) throw new Error(`${name} comes without its license`);
    return `${name.slice('node_modules/'.length)}\n\n${await readFile(join(root, name, license), 'utf8')}`;
  });
  return (await Promise.all(texts)).join('\n\n');
}

const piscina = dirname(createRequire(import.meta.url).resolve('piscina'));
const bundled = await Promise.all([
  bundle(join(source, 'cli', 'main.cts'), 'cli/main.cjs'),
  bundle(join(source, 'workers', 'thread.cts'), 'workers/thread.cjs'),
  bundle(join(piscina, 'worker.js'), 'workers/piscina.cjs'),
]);
await writeFile(join(target, 'bundled-licenses.txt'), await licensesOf(bundled.flat()));

// Under the name that people know. Node looks where a link leads before it decides how to load what is there, and would
// load a file of this name, in a package of ES modules, later.
await rm(join(target, 'cli', 'main.js'), { force: true });
await symlink('main.cjs', join(target, 'cli', 'main.js'));
