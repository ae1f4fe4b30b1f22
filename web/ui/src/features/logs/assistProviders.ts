// Completion and hover of the editor: the server knows what really runs, the language service its documentation.
import { getKustoWorker } from '@kusto/monaco-kusto';
import * as monaco from 'monaco-editor/esm/vs/editor/editor.api';
import { request } from '../../api/http';
import { type Fixable, Fixes, fixTitle, replacements } from './fixes';
import { type AssistCompletion, type AssistHover, type AssistItem, hoverTexts, insertion, notAmong, queryAround, sortKey } from './assist';

/** How long the server may think; later the language service answers alone. */
const patience = 1500;

/** The workspace of each editor's text. */
const workspaces = new WeakMap<monaco.editor.ITextModel, string>();

/** The items of the newest question, for the language service's answer to the same key stroke. */
let asked: Promise<AssistItem[]> = Promise.resolve([]);

/** Tells which workspace the queries of a text run in. */
export function assistIn(uri: monaco.Uri, workspace: string): void {
  const model = monaco.editor.getModel(uri);
  if (model) workspaces.set(model, workspace);
}

/** What the server would write in place of its findings, by text. */
const fixes = new WeakMap<monaco.editor.ITextModel, Fixes>();

/** Tells the findings of a text, for the editor's quick fixes. */
export function setFixes(model: monaco.editor.ITextModel, found: Fixable[]): void {
  fixes.set(model, new Fixes(found));
}

/** Takes out of the language service's items those that the server has already. */
export async function withoutOurs<L extends { items: { label: string }[] }>(list: L): Promise<L> {
  // No list comes where the service cannot complete.
  return list && { ...list, items: notAmong(list.items, await asked) };
}

/** Asks the server; whatever goes wrong, there is no answer and typing goes on. */
async function ask<T>(path: string, model: monaco.editor.ITextModel, query: string, position: number, token: monaco.CancellationToken): Promise<T | undefined> {
  const workspace = workspaces.get(model);
  if (workspace === undefined) return undefined;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  const listener = token.onCancellationRequested(() => stop.abort());
  try {
    return await request<T>('POST', path, { workspace, query, position }, { signal: stop.signal });
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    listener.dispose();
  }
}

const kinds: Record<string, monaco.languages.CompletionItemKind> = {
  column: monaco.languages.CompletionItemKind.Field,
  table: monaco.languages.CompletionItemKind.Class,
  variable: monaco.languages.CompletionItemKind.Variable,
  operator: monaco.languages.CompletionItemKind.Method,
  function: monaco.languages.CompletionItemKind.Function,
  aggregate: monaco.languages.CompletionItemKind.Function,
  plugin: monaco.languages.CompletionItemKind.Function,
};

async function complete(model: monaco.editor.ITextModel, position: monaco.Position, token: monaco.CancellationToken): Promise<monaco.languages.CompletionItem[]> {
  const offset = model.getOffsetAt(position);
  const around = queryAround(model.getValue(), offset);
  // Asked for the place before the word: the editor narrows the list itself while the word grows.
  const word = model.getWordUntilPosition(position).word.length;
  const at = offset - around.start - word;
  if (at < 0) return [];
  const answer = await ask<AssistCompletion>('/api/kql/complete', model, around.text.slice(0, at) + around.text.slice(at + word), at, token);
  const from = model.getPositionAt(around.start + (answer?.start ?? at));
  const range = new monaco.Range(from.lineNumber, from.column, position.lineNumber, position.column);
  const next = model.getValue().charAt(offset);
  return (answer?.items ?? []).map((item, i) => {
    const { text, snippet } = insertion(item, next);
    return {
      label: item.label,
      kind: kinds[item.kind] ?? monaco.languages.CompletionItemKind.Keyword,
      detail: item.detail || item.kind,
      insertText: text,
      insertTextRules: snippet ? monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet : undefined,
      sortText: sortKey(i),
      range,
      command: item.kind === 'operator' ? { id: 'editor.action.triggerSuggest', title: 'Suggest' } : undefined,
    };
  });
}

async function serviceHover(model: monaco.editor.ITextModel, position: monaco.Position): Promise<string> {
  try {
    const worker = (await (await getKustoWorker())(model.uri)) as unknown as { doHover: (uri: string, at: { line: number; character: number }) => Promise<{ contents?: unknown } | undefined> };
    const hover = await worker.doHover(model.uri.toString(), { line: position.lineNumber - 1, character: position.column - 1 });
    return typeof hover?.contents === 'string' ? hover.contents : '';
  } catch {
    return '';
  }
}

monaco.languages.registerCompletionItemProvider('kusto', {
  triggerCharacters: [' ', '.', '(', '=', "'", '"'],
  async provideCompletionItems(model, position, _context, token) {
    const found = complete(model, position, token);
    asked = found.then((items) => items.map((item) => ({ label: item.label as string, kind: '' })));
    return { suggestions: await found };
  },
});

monaco.languages.registerCodeActionProvider('kusto', {
  provideCodeActions(model, _range, context) {
    const actions = replacements(fixes.get(model), context.markers).map(({ mark, text }) => {
      const edit = { resource: model.uri, versionId: undefined, textEdit: { range: mark, text } };
      return { title: fixTitle(text), kind: 'quickfix', diagnostics: [mark], isPreferred: true, edit: { edits: [edit] } };
    });
    return { actions, dispose: () => {} };
  },
});

monaco.languages.registerHoverProvider('kusto', {
  async provideHover(model, position, token) {
    const offset = model.getOffsetAt(position);
    const around = queryAround(model.getValue(), offset);
    const [ours, theirs] = await Promise.all([ask<AssistHover>('/api/kql/hover', model, around.text, offset - around.start, token), serviceHover(model, position)]);
    const contents = hoverTexts(ours?.text ?? [], theirs).map((value) => ({ value }));
    if (contents.length === 0) return undefined;
    if (!ours || ours.length === 0) return { contents };
    const from = model.getPositionAt(around.start + ours.start);
    const to = model.getPositionAt(around.start + ours.start + ours.length);
    return { contents, range: new monaco.Range(from.lineNumber, from.column, to.lineNumber, to.column) };
  },
});
