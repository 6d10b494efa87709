/** The layers as a tree with search and one number each. Virtual rows; arrows walk, Enter chooses or opens. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight, PanelLeftClose, Search } from 'lucide-react';
import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react';
import type { GraphCard } from '../../../engine/api';
import { shortcutText } from '../../../store/actions/action';
import { treeSearchId } from '../../../store/actions/all';
import { chooseLayers, chooseRange, onLayerClick } from '../../../store/actions/choose';
import { toggleScope } from '../../../store/actions/layout';
import { selectLayer, togglePanel } from '../../../store/actions/view';
import { chosenNow, conversionOf, openModel } from '../../../store/selectors';
import { setView, useStudio } from '../../../store/store';
import { useLook } from '../../graph/card-metric';
import { opColour } from '../../graph/op-icon';
import { IconButton } from '../../kit/button';
import { EmptyState, Kbd } from '../../kit/feedback';
import { layerQuery } from './layer-query';
import { treeRows, type TreeRow } from './tree-rows';
import styles from './tree.module.css';

const rowHeight = 28;

export function LayerTree() {
  const model = useStudio(openModel);
  const collapsed = useStudio((s) => s.view.collapsed);
  const query = useStudio((s) => s.view.treeQuery);
  const selection = useStudio((s) => s.view.selection);
  const chosen = useStudio(chosenNow);
  const box = useRef<HTMLDivElement>(null);
  const conversion = useStudio(conversionOf);
  const rows = useMemo(() => {
    const test = layerQuery(query);
    const reports = new Map(conversion?.layers.map((r) => [r.id, r]));
    const found = query.trim() === '' ? undefined : (card: GraphCard) => test(card, reports.get(card.id));
    return model === undefined ? [] : treeRows(model.graph, new Set(collapsed), found);
  }, [model, collapsed, query, conversion]);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 12 });
  const at = rows.findIndex((r) => r.id === selection);

  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);

  const choose = (row: TreeRow | undefined) => {
    if (row === undefined) return;
    if (row.kind === 'card') void selectLayer(row.id);
    else setView({ selection: row.id });
  };
  const ids = useMemo(() => rows.filter((r) => r.kind === 'card').map((r) => r.id), [rows]);
  const onKeyDown = (e: KeyboardEvent) => {
    const row = rows[at];
    const open = row?.kind === 'scope' ? row.open : undefined;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    const next = step === undefined ? undefined : rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    if (e.key.toLowerCase() === 'a' && (e.ctrlKey || e.metaKey)) chooseLayers(ids, selection);
    else if (e.shiftKey && next?.kind === 'card') chooseRange(ids, next.id);
    else if (step !== undefined) choose(rows[Math.min(rows.length - 1, Math.max(0, at + step))]);
    else if (e.key === 'Home') choose(rows[0]);
    else if (e.key === 'End') choose(rows.at(-1));
    else if (
      row !== undefined &&
      ((e.key === 'ArrowRight' && open === false) || (e.key === 'ArrowLeft' && open === true) || (e.key === 'Enter' && open !== undefined))
    )
      void toggleScope(row.id);
    else return;
    e.preventDefault();
  };
  if (model === undefined) return null;
  return (
    <nav className={styles.wrap} aria-label="Layers">
      <div className={styles.head}>
        <div>
          Layers <span>{model.graph.cards.length}</span>
        </div>
        <IconButton label="Hide the layer tree" shortcut={shortcutText('Mod+B')} onClick={() => togglePanel('tree')}>
          <PanelLeftClose size={16} aria-hidden />
        </IconButton>
      </div>
      <label className={styles.search}>
        <Search size={14} aria-hidden />
        <input
          id={treeSearchId}
          type="text"
          placeholder="Search layers…"
          aria-label="Search layers"
          value={query}
          onChange={(e) => setView({ treeQuery: e.currentTarget.value })}
          onKeyDown={(e) => {
            if (e.key === 'Escape') {
              setView({ treeQuery: '' });
              e.currentTarget.blur();
            } else if (e.key === 'Enter') choose(rows.find((r) => r.kind === 'card'));
          }}
        />
        <Kbd>{shortcutText('Mod+F')}</Kbd>
      </label>
      {rows.length === 0 ? (
        <EmptyState title="No layer matches">
          Search by name, operator, shape, type or number, such as “conv 3x3 sqnr&lt;30” or “int4”.
        </EmptyState>
      ) : (
        <div
          ref={box}
          className={styles.list}
          role="tree"
          aria-multiselectable
          aria-label="Layers"
          tabIndex={0}
          onKeyDown={onKeyDown}
          aria-activedescendant={at < 0 ? undefined : `row-${at}`}
        >
          <div style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index];
              return row === undefined ? null : (
                <Row
                  key={row.id}
                  row={row}
                  index={item.index}
                  top={item.start}
                  selected={item.index === at || chosen.includes(row.id)}
                  ids={ids}
                />
              );
            })}
          </div>
        </div>
      )}
    </nav>
  );
}

interface RowProps {
  readonly row: TreeRow;
  readonly index: number;
  readonly top: number;
  readonly selected: boolean;
  /** All layers, as they are shown. */
  readonly ids: readonly string[];
}

function Row({ row, index, top, selected, ids }: RowProps) {
  const look = useLook(row.kind === 'card' ? row.card : undefined);
  const common = {
    id: `row-${index}`,
    role: 'treeitem',
    'aria-level': row.level + 1,
    'aria-selected': selected,
    style: { transform: `translateY(${top}px)`, paddingLeft: 8 + row.level * 14 },
  };
  if (row.kind === 'scope') {
    const Chevron = row.open ? ChevronDown : ChevronRight;
    return (
      <div {...common} className={`${styles.row} ${styles.scope}`} aria-expanded={row.open} onClick={() => void toggleScope(row.id)}>
        <Chevron size={14} aria-hidden />
        {row.times !== undefined && <span className={styles.times}>{row.times} ×</span>}
        <span className={styles.name} title={row.id}>
          {row.title}
        </span>
        <span className={styles.number}>{row.count}</span>
      </div>
    );
  }
  return (
    <div
      {...common}
      className={styles.row}
      data-testid="tree-layer"
      data-layer={row.id}
      title={row.id}
      onClick={(e) => onLayerClick(e, row.id, ids)}
    >
      <span className={styles.dot} style={{ background: opColour(row.card.kind), marginLeft: 3 }} />
      <span className={styles.name}>{row.card.title}</span>
      {look.value !== undefined && (
        <span className={styles.number} style={{ color: look.valueColour }} title={look.spoken}>
          {look.unit === 'dB' ? Number(look.value).toFixed(0) : look.value}
        </span>
      )}
    </div>
  );
}
