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

/** The name of the action; long texts are cut. */
export function fixTitle(fix: string): string {
  const text = fix.replace(/\s+/g, ' ');
  return `Replace with ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}
