/** A piece of the editor's text. */
export interface Piece {
  start: number;
  end: number;
  text: string;
}

/**
 * Splits a text into queries. A blank line ends one, unless the piece before ends with ";" or the piece after begins
 * with "|": people put blank lines between let statements and between operators.
 */
export function statements(text: string): Piece[] {
  const blocks: { start: number; end: number }[] = [];
  const pattern = /[^\n]*\n?/g;
  let offset = 0;
  let open: { start: number; end: number } | undefined;
  for (const line of text.match(pattern) ?? []) {
    if (line === '') break;
    const end = offset + line.replace(/\r?\n$/, '').length;
    if (line.trim() === '') open = undefined;
    else if (open) open.end = end;
    else blocks.push((open = { start: offset, end }));
    offset += line.length;
  }
  const joined: { start: number; end: number }[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    const before = last ? text.slice(last.start, last.end).replace(/\/\/[^\n]*/g, '').trimEnd() : '';
    const comment = last !== undefined && before === '';
    if (last && (comment || before.endsWith(';') || /^\s*\|/.test(text.slice(block.start, block.end)))) last.end = block.end;
    else joined.push({ ...block });
  }
  return joined.map((b) => ({ ...b, text: text.slice(b.start, b.end) }));
}

/** The query the cursor stands in, or the nearest one before it. */
export function statementAt(text: string, offset: number): Piece {
  const all = statements(text);
  const found = all.findLast((p) => p.start <= offset) ?? all[0];
  return found ?? { start: 0, end: 0, text: '' };
}

/** Turns an offset in UTF-8 bytes into one in UTF-16 units, as the editor counts. */
export function utf16Offset(text: string, bytes: number): number {
  let at = 0;
  let units = 0;
  for (const char of text) {
    if (at >= bytes) break;
    const code = char.codePointAt(0)!;
    at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    units += char.length;
  }
  return units;
}
