import type { BenchResult } from '../../bench/options.js';
import { benchChart } from './chart.js';
import { htmlPage } from './html.js';
import { element, escapeText } from './svg.js';
import {
  adviceCells,
  adviceHeads,
  adviceSentences,
  methodSentences,
  settingCells,
  settingHeads,
  subjectText,
} from './wording.js';

/** On what it was measured. */
export interface Machine {
  readonly version: string;
  readonly processor: string;
  readonly cores: number;
  /** ISO 8601. */
  readonly date: string;
}

// Dark enough for white numbers, and told apart on a light and a dark page.
const colours = { isal: '#1f8a5b', libdeflate: '#2563c9', zlib: '#b4551c' } as const;

const chartStyle = `
.front { fill: none; stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 5 4; opacity: .7; }
.dot circle { stroke: var(--card); stroke-width: 1.5; opacity: .7; }
.dot.best circle { stroke: var(--text); stroke-width: 2; opacity: 1; }
.dot .number { fill: #fff; font-size: 10px; font-weight: 600; }
${Object.entries(colours)
  .map(([engine, colour]) => `.dot.${engine} circle { fill: ${colour}; }`)
  .join('\n')}
.key i.round { border-radius: 50%; }
tr.best td { font-weight: 600; }
`;

function row(kind: 'td' | 'th', cells: readonly string[], isBest = false): string {
  const attributes: Readonly<Record<string, string>> = isBest ? { class: 'best' } : {};
  return element('tr', attributes, cells.map((cell) => element(kind, {}, escapeText(cell))).join(''));
}

function table(rows: readonly string[]): string {
  return element('div', { class: 'table' }, element('table', {}, rows.join('\n')));
}

function paragraphs(sentences: readonly string[]): string {
  return sentences.map((sentence) => element('p', { class: 'quiet' }, escapeText(sentence))).join('\n');
}

function key(result: BenchResult): string {
  const engines = [...new Set(result.settings.map(({ compression }) => compression.engine))];
  const marks = engines.map(
    (engine) => `<span><i class="round" style="background:${colours[engine]}"></i>${engine}</span>`,
  );
  return `<p class="key">${marks.join('\n')}
<span>in a dot: the engine's own level</span>
<span>dashed line: nothing else is both faster and smaller</span>
<span>not drawn: level 0, which only stores</span></p>`;
}

/** The measurements as one HTML page that needs nothing else: no network, no script. */
export function benchPage(result: BenchResult, { version, processor, cores, date }: Machine): string {
  const subtitle = `omiforge ${version}, ${date.slice(0, 10)}, ${cores} × ${processor}`;
  const settings = result.settings.map((setting) => row('td', settingCells(setting), setting.isOnFront));
  const advice = result.advice.map((each) => row('td', adviceCells(each)));
  const head = {
    title: 'omiforge bench',
    heading: 'Which level is worth it here',
    subtitle,
    moreStyle: chartStyle,
  };
  return htmlPage(
    head,
    `<p>${escapeText(subjectText(result))}</p>
<h2>Speed and size</h2>
<section><div class="figure">${benchChart(result)}</div>${key(result)}</section>
<h2>Which level for which link</h2>
${paragraphs(adviceSentences(result))}
${table([row('th', adviceHeads), ...advice])}
<h2>All measurements</h2>
${table([row('th', settingHeads(result)), ...settings])}
${paragraphs(methodSentences(result))}`,
  );
}
