import { htmlPage } from '../../src/cli/bench-report/html.js';
import { element, escapeText } from '../../src/cli/bench-report/svg.js';
import { bytesText } from '../../src/cli/quantities.js';
import type { BenchmarkRecord, MeasuredScenario, ScenarioRecord } from '../record/record.js';
import { speedChart } from './speed-chart.js';
import { timeChart } from './time-chart.js';
import { contenderCells, contenderHeads, machineFactsText, methodSentences, verdictText } from './wording.js';

function isMeasured(scenario: ScenarioRecord): scenario is MeasuredScenario {
  return scenario.outcome === 'measured';
}

function row(kind: 'td' | 'th', cells: readonly string[]): string {
  return element('tr', {}, cells.map((cell) => element(kind, {}, escapeText(cell))).join(''));
}

function table(heads: readonly string[], rows: readonly (readonly string[])[], kind = ''): string {
  const head = heads.length === 0 ? '' : row('th', heads);
  const body = element('table', { class: kind }, head + rows.map((cells) => row('td', cells)).join('\n'));
  return element('div', { class: 'table' }, body);
}

function badge(text: string, isMet: boolean): string {
  const mark = isMet ? '✓' : '✗';
  return element('span', { class: `verdict ${isMet ? 'met' : 'missed'}` }, escapeText(`${mark} ${text}`));
}

function card(scenario: ScenarioRecord): string {
  const name = element('span', {}, escapeText(scenario.name));
  if (!isMeasured(scenario)) {
    const reason = element('p', { class: 'quiet' }, escapeText(`${scenario.outcome}: ${scenario.reason}`));
    return element('section', {}, element('h3', {}, name), reason);
  }
  const badges = scenario.verdicts.map((verdict) => badge(verdictText(verdict), verdict.isMet));
  const commands = scenario.contenders.map(({ commandLine }) => escapeText(commandLine)).join('\n');
  return element(
    'section',
    {},
    element('h3', {}, name),
    ...(badges.length === 0 ? [] : [element('p', { class: 'badges' }, ...badges)]),
    element('div', { class: 'figure' }, timeChart(scenario)),
    table(contenderHeads, scenario.contenders.map(contenderCells)),
    element('pre', {}, commands),
  );
}

const key = `<p class="key"><span><i style="background:var(--met)"></i>goal of time met</span>
<span><i style="background:var(--missed)"></i>not met</span>
<span><i style="background:var(--plain)"></i>no goal</span>
<span><i class="mark"></i>where the goal is</span></p>`;

function overview({ scenarios }: BenchmarkRecord): string {
  const measured = scenarios.filter(isMeasured);
  if (measured.length === 0) return '<p>Nothing was measured.</p>';
  const verdicts = measured.flatMap((scenario) => scenario.verdicts);
  const met = verdicts.filter(({ isMet }) => isMet).length;
  return `<h2>How many times as fast</h2>
<p>${met} of ${verdicts.length} goals are met. To the right of 1× ours takes less time than what it is compared with; a step is a factor of two.</p>
<section><div class="figure">${speedChart(measured)}</div>${key}</section>`;
}

/** The report as one HTML page that needs nothing else: no network, no script. */
export function reportPage(record: BenchmarkRecord): string {
  const { machine, startedAt, inputs } = record;
  const inputRows = inputs.map(({ name, sizeBytes, allocatedBytes }) => [
    name,
    bytesText(sizeBytes),
    bytesText(allocatedBytes),
  ]);
  const subtitle = `omiforge ${machine.versions['omiforge'] ?? ''}, ${startedAt.slice(0, 10)}, ${machine.cores} × ${machine.processor}`;
  const head = { title: 'omiforge benchmark', heading: 'omiforge against the usual tools', subtitle };
  return htmlPage(
    head,
    `${overview(record)}
<h2>Scenarios</h2>
<p class="quiet">Bars are median times; the thin line goes from the lowest to the highest.</p>
${record.scenarios.map(card).join('\n')}
<h2>How it was measured</h2>
<ul>${methodSentences(record)
      .map((sentence) => element('li', {}, escapeText(sentence)))
      .join('\n')}</ul>
<h2>Machine</h2>
${table([], machineFactsText(record), 'facts')}
<h2>Inputs</h2>
${table(['input', 'size', 'on the disk'], inputRows)}`,
  );
}
