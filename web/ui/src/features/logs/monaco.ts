// The editor and its Kusto language, as one chunk that only the Logs page loads.
import './editorParts';
import * as monaco from 'monaco-editor/esm/vs/editor/editor.api';
import { getKustoWorker, kustoDefaults } from '@kusto/monaco-kusto';
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker?worker';
import KustoWorker from './kusto.worker?worker';
import type { WorkspaceSchema } from '../../api/types';
import { assistIn, setFixes, withoutOurs } from './assistProviders';
import { toService } from './functionSchema';

self.MonacoEnvironment = {
  getWorker: (_id: string, label: string) => (label === 'kusto' ? new KustoWorker() : new EditorWorker()),
};

kustoDefaults.setLanguageSettings({
  ...kustoDefaults.languageSettings,
  includeControlCommands: false,
  enableQueryWarnings: false,
  enableQuerySuggestions: false,
  // Its hover is asked for by ours, which merges the two.
  enableHover: false,
  onDidProvideCompletionItems: withoutOurs,
});

// The themes draw on the page's own surface, so that the editor does not stand out as a foreign box.
monaco.editor.defineTheme('vedette-light', { base: 'vs', inherit: true, rules: [], colors: { 'editor.background': '#ffffff' } });
monaco.editor.defineTheme('vedette-dark', { base: 'vs-dark', inherit: true, rules: [], colors: { 'editor.background': '#292929' } });

/** Tells which workspace a text belongs to, and the language service which tables and functions it has. */
export async function setSchema(uri: monaco.Uri, workspace: string, schema: WorkspaceSchema): Promise<void> {
  assistIn(uri, workspace);
  const worker = await (await getKustoWorker())(uri);
  const database = {
    name: workspace,
    majorVersion: 1,
    minorVersion: 0,
    tables: schema.tables.map((t) => ({ name: t.name, docstring: t.description, columns: t.columns.map((c) => ({ name: c.name, type: c.type })) })),
    functions: toService(schema.functions ?? []) as never[],
    entityGroups: [],
  };
  await worker.setSchema({ clusterType: 'Engine', cluster: { connectionString: `https://${workspace}.invalid`, databases: [database] }, database });
}

export { monaco, setFixes };
