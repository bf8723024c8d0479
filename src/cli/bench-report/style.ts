/** The look of the page; colours of the two themes in one place each. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --card: #f6f7f9; --line: #d8dce3; --text: #1b1f27; --quiet: #5c6573;
  --ours: #2563c9; --plain: #a9b2c0; --met: #1f8a5b; --missed: #c2571a; --goal: #1b1f27;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --card: #1c2027; --line: #363d49; --text: #e7eaf0; --quiet: #9aa4b4;
    --ours: #6aa1ff; --plain: #5b6575; --met: #46b987; --missed: #eb8a4c; --goal: #f5f7fa;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 62rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; }
h3 { font-size: 1.05rem; margin: 0; }
.badges { display: flex; flex-wrap: wrap; gap: .3rem .5rem; margin: .4rem 0 0; max-width: none; }
h3 ~ .figure { margin-top: .9rem; }
p, ul { margin: .4rem 0; max-width: 48rem; }
.quiet { color: var(--quiet); }
.figure, .table { overflow-x: auto; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.3rem; margin: 1rem 0; }
svg { display: block; width: 100%; min-width: 40rem; height: auto; }
svg text { fill: var(--text); font-size: 13px; font-variant-numeric: tabular-nums; }
svg .small { fill: var(--quiet); font-size: 11px; }
svg .value { font-weight: 600; }
.grid { stroke: var(--line); }
.axis { stroke: var(--quiet); stroke-width: 1.5; }
.goal { stroke: var(--goal); stroke-width: 2.5; }
.whisker { stroke: var(--text); stroke-width: 1.2; fill: none; opacity: .7; }
.bar.ours { fill: var(--ours); } .bar.plain { fill: var(--plain); }
.bar.met { fill: var(--met); } .bar.missed { fill: var(--missed); }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; font-size: .85rem; color: var(--quiet); margin: .6rem 0 0; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .4rem; vertical-align: -1px; }
.key i.mark { width: 3px; background: var(--goal); }
.verdict { font-size: .8rem; font-weight: 500; padding: .05rem .55rem; border-radius: 1rem; border: 1px solid currentColor; }
.verdict.met { color: var(--met); } .verdict.missed { color: var(--missed); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; margin-top: .8rem; }
th, td { text-align: right; padding: .3rem .6rem; border-top: 1px solid var(--line); white-space: nowrap; }
th { color: var(--quiet); font-weight: 500; border-top: 0; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
table.facts { width: auto; } table.facts td { text-align: left; white-space: normal; }
table.facts td:first-child { color: var(--quiet); padding-right: 1.5rem; }
pre { font: .78rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; color: var(--quiet); white-space: pre-wrap;
  overflow-wrap: anywhere; margin: .8rem 0 0; }
`;
