import { useEffect, useRef, useState } from 'react';
import type { Diagnostic, WorkspaceSchema } from '../../api/types';
import { useTheme } from '../../app/theme';
import styles from './KqlEditor.module.css';
import { ourSource } from './fixes';
import type * as Monaco from './monaco';
import { type Piece, statementAt, utf16Offset } from './statements';

/** What the page asks of the editor. */
export interface EditorHandle {
  /** The text to run: the selection, else the query under the cursor. */
  current: () => Piece;
  insert: (text: string) => void;
  setText: (text: string) => void;
  focus: () => void;
  /** Lays the text out; does nothing in the plain field. */
  format: () => void;
}

interface Props {
  value: string;
  workspace: string;
  schema: WorkspaceSchema | undefined;
  onChange: (value: string) => void;
  onRun: () => void;
  check: (query: string) => Promise<Diagnostic[]>;
  handle: React.RefObject<EditorHandle | null>;
}

type Phase = 'loading' | 'ready' | 'plain';

// Where the rich editor helps less than it hinders, or somebody asked for text: touch screens and ?plain in storage.
const wantsPlain = () => localStorage.getItem('vedette.editor.plain') === 'true' || window.matchMedia('(pointer: coarse) and (max-width: 700px)').matches;

/** Edits KQL: the Kusto language service in a lazily loaded editor, a plain text field until then and when it fails. */
export function KqlEditor(props: Props) {
  const [phase, setPhase] = useState<Phase>(() => (wantsPlain() ? 'plain' : 'loading'));
  const host = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const loaded = useRef<{ module: typeof Monaco; editor: Monaco.monaco.editor.IStandaloneCodeEditor } | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { name: theme } = useTheme();

  useEffect(() => {
    if (phase === 'plain') return;
    let gone = false;
    import('./monaco')
      .then((module) => {
        if (gone || !host.current) return;
        const editor = createEditor(module, host.current, latest);
        loaded.current = { module, editor };
        setPhase('ready');
        // What was typed into the plain field, cursor included, goes on here.
        const typing = area.current !== null && document.activeElement === area.current;
        const position = editor.getModel()?.getPositionAt(area.current?.selectionStart ?? latest.current.value.length);
        if (position) editor.setPosition(position);
        if (typing) editor.focus();
      })
      .catch(() => !gone && setPhase('plain'));
    return () => {
      gone = true;
      loaded.current?.editor.getModel()?.dispose();
      loaded.current?.editor.dispose();
      loaded.current = null;
    };
    // The editor is made once; phase only turns to plain when making it failed.
  }, [phase === 'plain']);

  useEffect(() => {
    loaded.current?.module.monaco.editor.setTheme(theme === 'contrast' ? 'hc-black' : `vedette-${theme}`);
  }, [theme, phase]);

  useEffect(() => {
    const model = loaded.current?.editor.getModel();
    if (phase !== 'ready' || !model || !props.schema) return;
    loaded.current?.module.setSchema(model.uri, props.workspace, props.schema).catch(() => {
      // Completion falls back to the language alone; the server still checks every query.
    });
  }, [phase, props.schema, props.workspace]);

  useServerCheck(phase, props.value, loaded, latest);

  props.handle.current = {
    current: () => currentPiece(loaded.current?.editor, area.current, latest.current.value),
    insert: (text) => insertText(loaded.current?.editor, area.current, text, latest.current.onChange),
    setText: (text) => {
      const editor = loaded.current?.editor;
      if (editor) {
        const model = editor.getModel()!;
        editor.pushUndoStop();
        editor.executeEdits('page', [{ range: model.getFullModelRange(), text }]);
        editor.pushUndoStop();
      }
      latest.current.onChange(text);
    },
    format: () => void loaded.current?.editor.getAction('editor.action.formatDocument')?.run(),
    focus: () => (loaded.current ? loaded.current.editor.focus() : area.current?.focus()),
  };

  return (
    <div className={styles.editor} data-phase={phase}>
      <div ref={host} className={styles.host} hidden={phase !== 'ready'} />
      {phase !== 'ready' && (
        <textarea
          ref={area}
          className={styles.area}
          aria-label="KQL query"
          spellCheck={false}
          value={props.value}
          placeholder="Type a KQL query, for example: SecurityAlert | take 10"
          onChange={(event) => props.onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              props.onRun();
            }
          }}
        />
      )}
    </div>
  );
}

function createEditor(module: typeof Monaco, host: HTMLDivElement, latest: React.RefObject<Props>) {
  const { monaco } = module;
  const editor = monaco.editor.create(host, {
    value: latest.current.value,
    language: 'kusto',
    ariaLabel: 'KQL query',
    automaticLayout: true,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    fontSize: 13,
    lineNumbersMinChars: 3,
    folding: false,
    padding: { top: 8, bottom: 8 },
    renderLineHighlight: 'none',
    fixedOverflowWidgets: true,
    suggest: { showWords: false },
    scrollbar: { alwaysConsumeMouseWheel: false },
    overviewRulerLanes: 0,
  });
  editor.onDidChangeModelContent(() => latest.current.onChange(editor.getValue()));
  const run = () => latest.current.onRun();
  editor.addAction({ id: 'run', label: 'Run query', keybindings: [monaco.KeyMod.Shift | monaco.KeyCode.Enter, monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter], run });
  return editor;
}

function currentPiece(editor: Monaco.monaco.editor.IStandaloneCodeEditor | undefined, area: HTMLTextAreaElement | null, value: string): Piece {
  const model = editor?.getModel();
  if (editor && model) {
    const selection = editor.getSelection();
    const start = selection ? model.getOffsetAt(selection.getStartPosition()) : 0;
    const end = selection ? model.getOffsetAt(selection.getEndPosition()) : 0;
    return pieceOf(model.getValue(), start, end);
  }
  return pieceOf(value, area?.selectionStart ?? value.length, area?.selectionEnd ?? value.length);
}

function pieceOf(text: string, start: number, end: number): Piece {
  const selected = text.slice(start, end);
  return selected.trim() !== '' ? { start, end, text: selected } : statementAt(text, end);
}

function insertText(editor: Monaco.monaco.editor.IStandaloneCodeEditor | undefined, area: HTMLTextAreaElement | null, text: string, onChange: (v: string) => void) {
  if (editor) {
    const selection = editor.getSelection();
    if (selection) editor.executeEdits('page', [{ range: selection, text, forceMoveMarkers: true }]);
    editor.focus();
  } else if (area) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
    onChange(area.value);
    area.focus();
  }
}

/** How long typing pauses before the server is asked. */
const checkAfter = 450;

/**
 * Asks the server about the query under the cursor and shows its answer as markers. The language service answers while
 * people type; the server knows what really runs, so that its answer replaces the other one in that query.
 */
function useServerCheck(
  phase: Phase,
  value: string,
  loaded: React.RefObject<{ module: typeof Monaco; editor: Monaco.monaco.editor.IStandaloneCodeEditor } | null>,
  latest: React.RefObject<Props>,
) {
  useEffect(() => {
    if (phase !== 'ready') return;
    let stale = false;
    const timer = setTimeout(async () => {
      const { editor, module } = loaded.current ?? {};
      const model = editor?.getModel();
      const position = editor?.getPosition();
      if (!editor || !module || !model || !position) return;
      const piece = statementAt(model.getValue(), model.getOffsetAt(position));
      let found: Diagnostic[] = [];
      try {
        found = piece.text.trim() === '' ? [] : await latest.current.check(piece.text);
      } catch {
        return;
      }
      if (stale || model.isDisposed()) return;
      const { monaco } = module;
      const own = monaco.editor.getModelMarkers({ resource: model.uri, owner: 'kusto' }).filter((marker) => {
        const at = model.getOffsetAt({ lineNumber: marker.startLineNumber, column: marker.startColumn });
        return at < piece.start || at > piece.end;
      });
      monaco.editor.setModelMarkers(model, 'kusto', own);
      const markers = found.map((d) => toMarker(module, model, piece, d));
      module.setFixes(model, markers.map((marker, i) => ({ ...marker, code: found[i].code, fix: found[i].fix })));
      monaco.editor.setModelMarkers(model, 'server', markers);
    }, checkAfter);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [phase, value, loaded, latest]);
}

function toMarker(module: typeof Monaco, model: Monaco.monaco.editor.ITextModel, piece: Piece, d: Diagnostic): Monaco.monaco.editor.IMarkerData {
  const { MarkerSeverity } = module.monaco;
  const start = piece.start + utf16Offset(piece.text, d.start);
  const end = piece.start + utf16Offset(piece.text, d.start + Math.max(1, d.length));
  const from = model.getPositionAt(start);
  const to = model.getPositionAt(end);
  return {
    severity: /warn/i.test(d.severity) ? MarkerSeverity.Warning : /info|hint|suggest/i.test(d.severity) ? MarkerSeverity.Info : MarkerSeverity.Error,
    message: d.fix ? `${d.message}\nInstead: ${d.fix}` : d.message,
    code: d.code,
    source: ourSource,
    startLineNumber: from.lineNumber,
    startColumn: from.column,
    endLineNumber: to.lineNumber,
    endColumn: to.column,
  };
}
