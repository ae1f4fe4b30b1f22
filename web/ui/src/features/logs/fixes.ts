/** Where a finding stands in the editor; lines and columns count from 1. */
export interface Place {
  startLineNumber: number;
  startColumn: number;
  endLineNumber: number;
  endColumn: number;
}

/** A finding with what to write in its place; an empty fix is none. */
export interface Fixable extends Place {
  code: string;
  fix?: string;
}

const key = (code: string, at: Place) => [code, at.startLineNumber, at.startColumn, at.endLineNumber, at.endColumn].join(':');

/** The fixes of one text, by finding. */
export class Fixes {
  private readonly by = new Map<string, string>();

  constructor(found: Fixable[]) {
    for (const f of found) if (f.fix) this.by.set(key(f.code, f), f.fix);
  }

  /** What to write in place of a finding. */
  of(code: unknown, at: Place): string | undefined {
    return typeof code === 'string' ? this.by.get(key(code, at)) : undefined;
  }
}

/** A mark in the text, whoever set it. */
export interface Mark extends Place {
  code?: unknown;
  source?: string;
}

/** Who the server's marks are from. */
export const ourSource = 'Vedette';

/**
 * The replacements that marks offer, each once. The language service marks what it finds under the same codes and places:
 * its marks are not the server's, and what is to be replaced is not asked twice.
 */
export function replacements<M extends Mark>(fixes: Fixes | undefined, marks: M[]): { mark: M; text: string }[] {
  const found = new Map<string, { mark: M; text: string }>();
  for (const mark of marks) {
    const text = mark.source === ourSource ? fixes?.of(mark.code, mark) : undefined;
    if (text === undefined) continue;
    const name = key(text, mark);
    if (!found.has(name)) found.set(name, { mark, text });
  }
  return [...found.values()];
}

/** The name of the action; long texts are cut. */
export function fixTitle(fix: string): string {
  const text = fix.replace(/\s+/g, ' ');
  return `Replace with ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}
