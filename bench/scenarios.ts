/** The files that scenarios work on, all in one folder. */
export interface Inputs {
  readonly raw: string;
  readonly qcow2: string;
  /** Made by qemu-img and pigz. */
  readonly qcow2Gz: string;
}

/** A command line, run by the shell in a folder of its own; it leaves its result as `out`. */
export interface Contender {
  readonly name: string;
  readonly commandLine: string;
}

/** Commands that do the same job: the first one is ours. */
export interface Scenario {
  readonly name: string;
  readonly contenders: readonly [Contender, Contender];
}

/** @param omiforge the command line that starts omiforge */
export function scenarios(omiforge: string, { raw, qcow2, qcow2Gz }: Inputs): readonly Scenario[] {
  const toQcow2 = `qemu-img convert -W -m 16 -f raw -O qcow2 ${raw} q`;
  const compress = (level: number): Scenario => ({
    name: `raw to qcow2.gz, level ${level}`,
    contenders: [
      { name: 'omiforge', commandLine: `${omiforge} convert --level ${level} -O qcow2.gz ${raw} out` },
      { name: `qemu-img, pigz -${level}`, commandLine: `${toQcow2} && pigz -${level} -c q > out` },
    ],
  });
  return [
    compress(1),
    compress(6),
    {
      name: 'raw to qcow2',
      contenders: [
        { name: 'omiforge', commandLine: `${omiforge} convert -O qcow2 ${raw} out` },
        { name: 'qemu-img', commandLine: `qemu-img convert -W -m 16 -f raw -O qcow2 ${raw} out` },
      ],
    },
    {
      name: 'qcow2 to raw',
      contenders: [
        { name: 'omiforge', commandLine: `${omiforge} convert -O raw ${qcow2} out` },
        { name: 'qemu-img', commandLine: `qemu-img convert -W -m 16 -f qcow2 -O raw ${qcow2} out` },
      ],
    },
    {
      name: 'foreign qcow2.gz to raw',
      contenders: [
        { name: 'omiforge', commandLine: `${omiforge} convert -O raw ${qcow2Gz} out` },
        {
          name: 'pigz, qemu-img',
          commandLine: `pigz -dc ${qcow2Gz} > q && qemu-img convert -W -m 16 -f qcow2 -O raw q out`,
        },
      ],
    },
  ];
}
