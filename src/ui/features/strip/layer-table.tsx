/**
 * All layers with all their numbers: sorted by any column, filtered by the search of the layer tree, one row chosen with the
 * graph. Virtual rows. It is also what a screen reader has instead of the graph.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react';
import { chooseLayers, chooseRange, onLayerClick } from '../../../store/actions/choose';
import { selectLayer } from '../../../store/actions/view';
import { layerNumbers, numberIds, type NumberId } from '../../../store/layer-numbers';
import { chosenNow, conversionOf, openModel } from '../../../store/selectors';
import { setView, useStudio } from '../../../store/store';
import { opColour } from '../../graph/op-icon';
import { bordersOf, numberColour, numberText } from '../../graph/number-look';
import { EmptyState } from '../../kit/feedback';
import { layerQuery } from '../graph/layer-query';
import { sortRows, tableRows, type TableRow } from './table-rows';
import styles from './table.module.css';

const rowHeight = 26;

export function LayerTable() {
  const model = useStudio(openModel);
  const conversion = useStudio(conversionOf);
  const query = useStudio((s) => s.view.treeQuery);
  const sort = useStudio((s) => s.view.tableSort);
  const selection = useStudio((s) => s.view.selection);
  const chosen = useStudio(chosenNow);
  const box = useRef<HTMLDivElement>(null);
  const columns = numberIds.filter((id) => conversion !== undefined || layerNumbers[id].needs === 'model');
  const rows = useMemo(() => {
    const found = layerQuery(query);
    return sortRows(
      tableRows(model?.graph.cards ?? [], conversion?.layers).filter((r) => found(r.card, r.report)),
      sort,
    );
  }, [model, conversion, query, sort]);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 8 });
  const at = rows.findIndex((r) => r.card.id === selection);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);

  const ids = useMemo(() => rows.map((r) => r.card.id), [rows]);
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key.toLowerCase() === 'a' && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      chooseLayers(ids, selection);
      return;
    }
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[e.key];
    const row = to === undefined ? undefined : rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (row === undefined) return;
    e.preventDefault();
    if (e.shiftKey) chooseRange(ids, row.card.id);
    else void selectLayer(row.card.id);
  };
  if (rows.length === 0) return <EmptyState title="No layer matches">Change the search of the layer tree.</EmptyState>;
  return (
    <div
      ref={box}
      className={styles.box}
      role="grid"
      aria-label="Layers and their numbers"
      aria-rowcount={rows.length + 1}
      aria-multiselectable
      tabIndex={0}
      onKeyDown={onKeyDown}
      aria-activedescendant={at < 0 ? undefined : `table-${at}`}
      style={{ '--columns': columns.length }}
      data-testid="layer-table"
    >
      <div className={styles.head} role="row" aria-rowindex={1}>
        <Head id="name" title="Layer" hint="Name of the layer" />
        {columns.map((id) => (
          <Head key={id} id={id} title={layerNumbers[id].short} hint={layerNumbers[id].title} />
        ))}
      </div>
      <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <Row
              key={row.card.id}
              row={row}
              columns={columns}
              index={item.index}
              top={item.start}
              selected={item.index === at || chosen.includes(row.card.id)}
              ids={ids}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The first click sorts the end to look at first to the top. */
function Head({ id, title, hint }: { readonly id: NumberId | 'name'; readonly title: string; readonly hint: string }) {
  const sort = useStudio((s) => s.view.tableSort);
  const chosen = sort?.by === id;
  const Arrow = sort?.down === true ? ArrowDown : ArrowUp;
  const first = id !== 'name' && layerNumbers[id].worst === 'most';
  const next = !chosen ? { by: id, down: first } : sort.down === first ? { by: id, down: !first } : undefined;
  return (
    <div role="columnheader" aria-sort={!chosen ? 'none' : sort.down ? 'descending' : 'ascending'} className={styles.cell}>
      <button type="button" title={hint} onClick={() => setView({ tableSort: next })}>
        {title}
        {chosen && <Arrow size={11} aria-hidden />}
      </button>
    </div>
  );
}

interface RowProps {
  readonly row: TableRow;
  readonly columns: readonly NumberId[];
  readonly index: number;
  readonly top: number;
  readonly selected: boolean;
  /** All rows, as they are shown. */
  readonly ids: readonly string[];
}

function Row({ row, columns, index, top, selected, ids }: RowProps) {
  const moved = useStudio((s) => s.view.borders);
  return (
    <div
      id={`table-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={styles.row}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(e) => onLayerClick(e, row.card.id, ids)}
      data-layer={row.card.id}
    >
      <div role="rowheader" className={styles.cell} title={row.card.id}>
        <i style={{ background: opColour(row.card.kind) }} aria-hidden />
        <span>{row.card.title}</span>{' '}
        <small>
          <bdi>{row.card.id === row.card.title ? '' : row.card.id}</bdi>
        </small>
      </div>
      {columns.map((id) => {
        const value = row.numbers[id];
        const borders = bordersOf(id, moved);
        const colour = value === undefined || borders === undefined ? undefined : numberColour(id, value, borders, 0);
        return (
          <div key={id} role="gridcell" className={styles.cell} style={{ color: colour }}>
            {value === undefined ? '–' : numberText(id, value)}
          </div>
        );
      })}
    </div>
  );
}
