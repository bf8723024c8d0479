import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { runCli } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { makeRaw, prose } from '../../helpers/images.js';
import { succeed } from '../../helpers/qemu.js';

const mebibyte = 2 ** 20;

async function makeDisks(folder: Folder): Promise<void> {
  await makeRaw(folder.at('a.raw'), 5 * mebibyte, [{ offsetBytes: 8192, bytes: prose(2 * mebibyte) }]);
  await makeRaw(folder.at('b.raw'), 3 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(mebibyte, 3) }]);
}

test('two disks without a plan', async (t) => {
  await using folder = await makeFolder();
  await makeDisks(folder);
  const args = ['prepare', 'a.raw', 'b.raw', '--name', 'web 1', '--pad', '4MiB', '--level', '1', '-o', 'out'];
  const first = await runCli(args, { cwd: folder.path });
  t.is(first.status, 0, first.stderr);
  t.regex(first.stderr, /^web-1\/disk0\.qcow2\.gz: begun, from a\.raw$/m);
  t.regex(
    first.stderr,
    /^warning: images\[0\]\.disks\[0\]\.source: the virtual size .* is not a whole number of GiB/m,
  );
  t.regex(first.stdout, /^web 1 {2}\(x86_64, product 0001\)$/m);
  t.regex(first.stdout, /^out: 2 disks in .*report\.json$/m);
  await succeed('gzip', '-t', folder.at('out/web-1/disk0.qcow2.gz'), folder.at('out/web-1/disk1.qcow2.gz'));
  const again = await runCli([...args, '--json'], { cwd: folder.path });
  const { kept, report, directory } = JSON.parse(again.stdout);
  t.is(kept, 2);
  t.is(directory, 'out');
  const sizes = report.images[0].disks.map((disk: Record<string, unknown>) => disk['virtual-size']);
  t.deepEqual(sizes, [8 * mebibyte, 4 * mebibyte]);
  t.deepEqual(report, JSON.parse(await readFile(folder.at('out/report.json'), 'utf8')));
  const verified = await runCli(['verify', 'out'], { cwd: folder.path });
  t.is(verified.stdout, 'web-1/disk0.qcow2.gz: ok\nweb-1/disk1.qcow2.gz: ok\n');
});

test('faults have their places, on stderr for people and on stdout for programs', async (t) => {
  await using folder = await makeFolder();
  await makeDisks(folder);
  await writeFile(
    folder.at('plan.yml'),
    'images:\n  - name: x\n    disks: [a.raw, { source: b.raw, device: /dev/sdz9 }]\n',
  );
  for (const flags of [[], ['--check']]) {
    const { status, stderr, stdout } = await runCli(
      ['prepare', 'plan.yml', '-o', 'out', '--json', ...flags],
      { cwd: folder.path },
    );
    t.is(status, 1);
    t.regex(stderr, /^fault: plan\.yml:2:11: images\[0\]\.name: name 'x' is not allowed/m);
    t.regex(stderr, /^fault: plan\.yml:3:\d+: images\[0\]\.disks\[1\]\.device: /m);
    t.regex(stderr, /^error: prepare: plan\.yml: 2 faults; nothing was begun \[PLAN_INVALID\]$/m);
    const { faults } = JSON.parse(stdout);
    t.deepEqual(
      faults.map(({ line, path }: { line: number; path: string }) => [line, path]),
      [
        [2, 'images[0].name'],
        [3, 'images[0].disks[1].device'],
      ],
    );
  }
});

test('--check does nothing', async (t) => {
  await using folder = await makeFolder();
  await makeDisks(folder);
  const { status, stdout } = await runCli(['prepare', 'a.raw', '--name', 'web', '--check', '-o', 'out'], {
    cwd: folder.path,
  });
  t.is(status, 0);
  t.is(stdout, 'arguments: 1 image with 1 disk, ready to be prepared\n');
  t.deepEqual((await succeed('ls', '-A', folder.path)).split('\n').filter(Boolean), ['a.raw', 'b.raw']);
});

test('--init prints a plan, and --schema a JSON Schema that knows its keys', async (t) => {
  const { stdout: example } = await runCli(['prepare', '--init']);
  t.regex(example, /^# A plan for 'omiforge prepare'/);
  const { stdout } = await runCli(['prepare', '--schema']);
  const schema = JSON.parse(stdout);
  t.is(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  const image = schema.properties.images.items;
  t.deepEqual(image.required, ['name', 'disks']);
  t.truthy(image.properties.name.pattern);
  const [text, map] = image.properties.disks.items.anyOf;
  t.is(text.type, 'string');
  t.deepEqual(map.properties['volume-type'].enum, ['standard', 'gp2', 'io1']);
});

test('bad usage', async (t) => {
  await using folder = await makeFolder();
  await makeDisks(folder);
  for (const [args, message] of [
    [['a.raw', '--name', 'web'], /give '-o DIR'/],
    [['-o', 'out'], /there is no plan and no image/],
    [['a.raw', '-o', 'out'], /give '--name NAME'/],
    [['a.yaml', 'b.raw', '-o', 'out'], /a plan stands alone/],
    [['a.yaml', '--product-type', '0002', '-o', 'out'], /--product-type is for images without a plan/],
    [['a.raw', '--name', 'web', '--pad', '7', '-o', 'out'], /--pad <size>.*whole sectors/],
  ] as const) {
    const { status, stderr } = await runCli(['prepare', ...args], { cwd: folder.path });
    t.is(status, 2, args.join(' '));
    t.regex(stderr, message);
  }
  t.is((await runCli(['prepare', 'no.yaml', '-o', 'out'], { cwd: folder.path })).status, 1);
});
