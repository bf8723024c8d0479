import { style } from './style.js';
import { escapeText } from './svg.js';

/** What stands at the head of a page. */
export interface PageHead {
  /** Of the window. */
  readonly title: string;
  readonly heading: string;
  readonly subtitle: string;
  /** CSS beside that of all pages. */
  readonly moreStyle?: string;
}

/** An HTML page that needs nothing else: no network, no script. `body` is HTML. */
export function htmlPage({ title, heading, subtitle, moreStyle = '' }: PageHead, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${style}${moreStyle}</style>
</head>
<body>
<h1>${escapeText(heading)}</h1>
<p class="quiet">${escapeText(subtitle)}</p>
${body}
</body>
</html>
`;
}
