import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { ResultTable } from '../../api/types';
import { cellText, isNumeric } from '../../ui/cells';
import { type GridSort, initialWidths, nextGridSort } from './gridModel';
import styles from './ResultGrid.module.css';
import { RowDetail } from './RowDetail';

const rowHeight = 28;
const gutter = 56;

interface Props {
  table: ResultTable;
  order: Uint32Array;
  sort: GridSort | undefined;
  onSort: (sort: GridSort | undefined) => void;
  onCopy: (text: string) => void;
  onCondition?: (column: string, value: unknown, type: string, keep: boolean) => void;
}

interface Position {
  row: number;
  column: number;
}

/** Shows any number of rows: only those in view exist as elements. Arrow keys move, Enter opens a row, Ctrl+C copies. */
export function ResultGrid({ table, order, sort, onSort, onCopy, onCondition }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const [widths, setWidths] = useState(() => initialWidths(table));
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [at, setAt] = useState<Position>({ row: 0, column: 0 });
  useEffect(() => {
    setWidths(initialWidths(table));
    setOpen(new Set());
    setAt({ row: 0, column: 0 });
    scroll.current?.scrollTo({ top: 0, left: 0 });
  }, [table]);

  const rows = useVirtualizer({
    count: order.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => order[i] ?? i,
    overscan: 12,
  });
  const columns = useVirtualizer({
    horizontal: true,
    count: table.columns.length,
    getScrollElement: () => scroll.current,
    estimateSize: (i) => widths[i] ?? 100,
    scrollPaddingStart: gutter,
    overscan: 3,
  });
  useEffect(() => columns.measure(), [widths, columns]);

  const shown = columns.getVirtualItems();
  const total = columns.getTotalSize() + gutter;
  const toggle = (source: number) =>
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(source)) next.add(source);
      return next;
    });

  const keys = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.closest('button,input,a') && event.key === 'Enter') return;
    const page = Math.max(1, Math.floor((scroll.current?.clientHeight ?? 300) / rowHeight) - 2);
    const step: Record<string, [number, number]> = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [page, 0], PageUp: [-page, 0], Home: [0, -Infinity], End: [0, Infinity] };
    const move = step[event.key];
    if (move) {
      event.preventDefault();
      const next = { row: clamp(at.row + move[0], order.length), column: clamp(at.column + move[1], table.columns.length) };
      setAt(next);
      rows.scrollToIndex(next.row);
      columns.scrollToIndex(next.column);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      toggle(order[at.row]);
    } else if (event.key === 'c' && (event.ctrlKey || event.metaKey) && window.getSelection()?.isCollapsed !== false) {
      event.preventDefault();
      onCopy(cellText(table.rows[order[at.row]]?.[at.column]));
    }
  };
  const resize = (column: number, width: number) => setWidths((old) => old.map((w, i) => (i === column ? Math.max(48, width) : w)));
  const active = `cell-${at.row}-${at.column}`;

  return (
    <div ref={scroll} className={styles.grid} role="grid" tabIndex={0} aria-label="Results" aria-rowcount={order.length + 1} aria-colcount={table.columns.length + 1} aria-activedescendant={active} onKeyDown={keys}>
      <div role="rowgroup" className={styles.headGroup} style={{ width: total }}>
        <div role="row" aria-rowindex={1} className={styles.head}>
          <div role="columnheader" className={styles.gutter} style={{ width: gutter }}>
            <span className="srOnly">Row</span>
          </div>
          {shown.map((item) => (
            <HeadCell
              key={item.key}
              name={table.columns[item.index].name}
              type={table.columns[item.index].type}
              index={item.index}
              left={item.start + gutter}
              width={item.size}
              sort={sort}
              onSort={() => onSort(nextGridSort(sort, item.index))}
              onResize={resize}
              onFit={() => resize(item.index, initialWidths({ ...table, rows: shownRows(table, order, rows.getVirtualItems().map((r) => r.index)) })[item.index])}
            />
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize(), width: total, position: 'relative' }}>
        {rows.getVirtualItems().map((item) => {
          const source = order[item.index];
          const row = table.rows[source];
          const isOpen = open.has(source);
          return (
            <div key={item.key} ref={rows.measureElement} data-index={item.index} className={styles.rowBox} style={{ transform: `translateY(${item.start}px)` }}>
              <div role="row" aria-rowindex={item.index + 2} className={styles.row} data-odd={item.index % 2 === 1 || undefined} data-open={isOpen || undefined}>
                <div role="gridcell" className={styles.gutter} style={{ width: gutter }}>
                  <button type="button" tabIndex={-1} aria-expanded={isOpen} aria-label={`Row ${item.index + 1}`} onClick={() => toggle(source)}>
                    <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {item.index + 1}
                  </button>
                </div>
                {shown.map((c) => {
                  const column = table.columns[c.index];
                  const here = at.row === item.index && at.column === c.index;
                  const value = row[c.index];
                  return (
                    <div
                      key={c.key}
                      id={here ? active : undefined}
                      role="gridcell"
                      aria-colindex={c.index + 2}
                      className={styles.cell}
                      data-active={here || undefined}
                      data-number={isNumeric(column.type) || undefined}
                      data-type={column.type}
                      style={{ left: c.start + gutter, width: c.size }}
                      onClick={() => setAt({ row: item.index, column: c.index })}
                      onDoubleClick={() => toggle(source)}
                    >
                      {value === null || value === undefined ? <span className={styles.null}>null</span> : cellText(value, column.type).slice(0, 400)}
                    </div>
                  );
                })}
              </div>
              {isOpen && (
                <div role="row">
                  <div role="gridcell" aria-colspan={table.columns.length + 1}>
                    <RowDetail columns={table.columns} row={row} width={scroll.current?.clientWidth ?? 800} onCopy={onCopy} onCondition={onCondition} />
                  </div>
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const clamp = (n: number, count: number) => Math.max(0, Math.min(count - 1, n));
const shownRows = (table: ResultTable, order: Uint32Array, indexes: number[]) => indexes.map((i) => table.rows[order[i]]);

interface HeadProps {
  name: string;
  type: string;
  index: number;
  left: number;
  width: number;
  sort: GridSort | undefined;
  onSort: () => void;
  onResize: (column: number, width: number) => void;
  onFit: () => void;
}

function HeadCell(props: HeadProps) {
  const mark = props.sort?.column === props.index ? (props.sort.descending ? ' ↓' : ' ↑') : '';
  const startResize = (event: React.PointerEvent) => {
    event.preventDefault();
    const from = event.clientX;
    const target = event.currentTarget as HTMLElement;
    target.setPointerCapture(event.pointerId);
    const move = (e: PointerEvent) => props.onResize(props.index, props.width + e.clientX - from);
    const end = () => {
      target.removeEventListener('pointermove', move);
      target.removeEventListener('pointerup', end);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', end);
  };
  return (
    <div
      role="columnheader"
      aria-colindex={props.index + 2}
      aria-sort={mark === '' ? 'none' : props.sort?.descending ? 'descending' : 'ascending'}
      className={styles.headCell}
      style={{ left: props.left, width: props.width }}
    >
      <button type="button" tabIndex={-1} title={`${props.name}: ${props.type}`} onClick={props.onSort}>
        {props.name}
        <span aria-hidden="true">{mark}</span>
      </button>
      <span className={styles.handle} aria-hidden="true" onPointerDown={startResize} onDoubleClick={props.onFit} />
    </div>
  );
}

/** The rows in order; kept while table and sort stay the same. */
export function useOrder(table: ResultTable | undefined, sort: GridSort | undefined, build: (t: ResultTable, s: GridSort | undefined) => Uint32Array) {
  return useMemo(() => (table ? build(table, sort) : new Uint32Array()), [table, sort, build]);
}
