/** Text that stands in HTML or SVG as it is, also within quotes. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

type Attributes = Readonly<Record<string, string | number>>;

/** An element; numbers are written with one digit behind the point, which is less than anybody sees. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 10) / 10) : escapeText(value);
    return ` ${key}="${text}"`;
  });
  const start = `<${name}${written.join('')}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`;
}

/** @param align where `x` is in the text: at its start, middle or end */
export function label(
  text: string,
  { x, y, align = 'start', kind = 'label' }: { x: number; y: number; align?: string; kind?: string },
): string {
  return element('text', { x, y, 'text-anchor': align, class: kind }, escapeText(text));
}

/** A picture that scales with its place, and is read out as `description`. */
export function picture(
  { width, height, description }: { width: number; height: number; description: string },
  parts: readonly string[],
): string {
  const attributes = { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': description };
  return element('svg', attributes, element('title', {}, escapeText(description)), ...parts);
}
