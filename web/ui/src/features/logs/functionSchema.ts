import type { SchemaFunction } from '../../api/types';

/** A parameter as the language service wants it. */
export interface Parameter {
  name: string;
  type?: string;
  defaultValue?: string;
  columns?: { name: string; type: string }[];
}

/** Splits at commas that stand in no bracket or text. */
function parts(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quote) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') depth--;
    else if (c === ',' && depth === 0) {
      out.push(text.slice(from, i));
      from = i + 1;
    }
  }
  out.push(text.slice(from));
  return out.map((p) => p.trim()).filter(Boolean);
}

/** Reads the parameters of a function as KQL writes them: "T:(Id:string), lookback:timespan=7d". */
export function parameters(text: string | undefined): Parameter[] {
  return parts(text ?? '').flatMap((part): Parameter[] => {
    const m = /^(\[?'?[\w ]+'?\]?)\s*:\s*(?:\(([^)]*)\)|(\w+)(?:\s*=\s*(.+))?)$/s.exec(part);
    if (!m) return [];
    const [, name, table, type, value] = m;
    if (type === undefined) {
      const columns = parts(table ?? '').flatMap((c) => {
        const [n, t] = c.split(':').map((s) => s.trim());
        return n === '*' || !t ? [] : [{ name: n, type: t }];
      });
      return [{ name, columns }];
    }
    return [{ name, type, ...(value === undefined ? {} : { defaultValue: value.trim() }) }];
  });
}

/** A workspace's functions as the language service wants them. */
export const toService = (functions: SchemaFunction[]) =>
  functions.map((f) => ({ name: f.name, docstring: f.description ?? '', body: f.query ?? '', inputParameters: parameters(f.parameters) }));
