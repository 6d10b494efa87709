/**
 * The rows of the comparison. A row is a button: it takes the recipe over. The best of each column among rows of the same data
 * has a mark and weight, not colour alone. Rows that are still to come stand below, with what runs now.
 */
import { ArrowDown, ArrowUp, Check, CircleAlert, Loader, Trophy, X } from 'lucide-react';
import { memo, useMemo, type KeyboardEvent } from 'react';
import { correctionsOf, widthsOf } from '../../../core/recipe/preset-recipe';
import { bestOf, sortedBy, type RecipeEntry } from '../../../core/recipe/recipe-table';
import { applyRow, removeRow, setComparison } from '../../../store/actions/compare';
import { basisNow, rowIdOf, staleReason } from '../../../store/comparison';
import type { ComparedRow } from '../../../store/comparison-slice';
import { useStudio } from '../../../store/store';
import { Badge } from '../../kit/feedback';
import { Tooltip } from '../../kit/tooltip';
import { countOf, jobWords, layerOf, timeLeft } from '../shell/job-words';
import styles from './recipes.module.css';
import { bitsColumn, cellText, difference, nameColumn, shownColumns, type ShownColumn } from './shown-columns';

export function RecipeTable({ rows }: { readonly rows: readonly ComparedRow[] }) {
  const { sort, baseline } = useStudio((s) => s.view.comparison);
  const current = useStudio((s) => rowIdOf(s.recipe.present));
  const basisKey = useStudio((s) => JSON.stringify(basisNow(s)));
  const entries = useStudio((s) => s.work.comparing?.entries);
  const index = useStudio((s) => s.work.comparing?.index);
  const stale = useMemo(
    () =>
      new Map(
        rows.flatMap((r) => {
          const reason = staleReason(r, JSON.parse(basisKey) as ReturnType<typeof basisNow>);
          return reason === undefined ? [] : [[r.id, reason] as const];
        }),
      ),
    [rows, basisKey],
  );
  const labelled = rows.some((r) => r.outcome.kind === 'done' && r.outcome.result.intTop1 !== undefined);
  const shown = useMemo(() => shownColumns.filter((c) => labelled || !c.labels), [labelled]);
  const best = useMemo(() => {
    const comparable = rows.filter((r) => !stale.has(r.id));
    return new Map(shown.map(({ column }) => [column.id, comparable.length > 1 ? bestOf(comparable, column) : new Set<string>()]));
  }, [rows, stale, shown]);
  const sorted = useMemo(() => {
    const column = sort && [nameColumn, bitsColumn, ...shown.map((c) => c.column)].find((c) => c.id === sort.column);
    return column && sort ? (sortedBy(rows, column, sort.descending) as ComparedRow[]) : rows; // the same objects
  }, [rows, sort, shown]);
  const against = rows.find((r) => r.id === baseline);
  const pending = entries?.slice(index) ?? [];
  const waiting = new Set(pending.map((e) => rowIdOf(e.recipe)));
  return (
    <div className={styles.scroll} onKeyDown={moveFocus}>
      <table className={styles.table} data-testid="recipe-table">
        <thead>
          <tr>
            <Head id={nameColumn.id} title="Recipe" />
            <Head id={bitsColumn.id} title="Bits" hint="Of weights, activations and, where they differ, residual streams." />
            {shown.map((c) => (
              <Head
                key={c.column.id}
                id={c.column.id}
                title={c.title}
                unit={c.unit}
                hint={[c.definition.what, c.definition.good && `Good: ${c.definition.good}`].filter(Boolean).join(' ')}
                descendingFirst={c.column.better === 'high'}
                numeric
              />
            ))}
            <th>
              <span className="visually-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <Row
              key={row.id}
              row={row}
              columns={shown}
              best={bestIds(best, row.id)}
              baseline={against}
              stale={stale.get(row.id)}
              isCurrent={row.id === current}
              waits={waiting.has(row.id)}
            />
          ))}
          {pending.map(
            (entry, i) =>
              (i === 0 || !rows.some((r) => r.id === rowIdOf(entry.recipe))) && (
                <Pending key={rowIdOf(entry.recipe)} entry={entry} runs={i === 0} columns={shown.length} />
              ),
          )}
        </tbody>
      </table>
    </div>
  );
}

/** One text, so that a row is drawn again only when its own marks change. */
const bestIds = (best: ReadonlyMap<string, ReadonlySet<string>>, id: string): string =>
  [...best].flatMap(([column, rows]) => (rows.has(id) ? [column] : [])).join(' ');

interface HeadProps {
  readonly id: string;
  readonly title: string;
  readonly unit?: string | undefined;
  readonly hint?: string;
  readonly descendingFirst?: boolean;
  readonly numeric?: boolean;
}

/** Sorts by its column: best first, then the other way, then as the rows arrived. */
function Head({ id, title, unit, hint, descendingFirst = false, numeric = false }: HeadProps) {
  const sort = useStudio((s) => s.view.comparison.sort);
  const mine = sort?.column === id ? sort : undefined;
  const next =
    mine === undefined
      ? { column: id, descending: descendingFirst }
      : mine.descending === descendingFirst
        ? { column: id, descending: !descendingFirst }
        : undefined;
  const button = (
    <button type="button" onClick={() => setComparison({ sort: next })}>
      {title}
      {unit !== undefined && <small>{unit}</small>}
      {mine !== undefined && (mine.descending ? <ArrowDown size={11} aria-hidden /> : <ArrowUp size={11} aria-hidden />)}
    </button>
  );
  return (
    <th
      scope="col"
      className={numeric ? styles.numeric : undefined}
      aria-sort={mine === undefined ? 'none' : mine.descending ? 'descending' : 'ascending'}
    >
      {hint === undefined ? button : <Tooltip content={<span className={styles.definition}>{hint}</span>}>{button}</Tooltip>}
    </th>
  );
}

interface RowProps {
  readonly row: ComparedRow;
  readonly columns: readonly ShownColumn[];
  readonly best: string;
  readonly baseline: ComparedRow | undefined;
  readonly stale: string | undefined;
  readonly isCurrent: boolean;
  readonly waits: boolean;
}

const Row = memo(function Row({ row, columns, best, baseline, stale, isCurrent, waits }: RowProps) {
  const { recipe, outcome } = row;
  const isBest = best.split(' ');
  const isBaseline = baseline?.id === row.id;
  return (
    <tr className={styles.row} data-stale={stale !== undefined} data-current={isCurrent} data-testid="recipe-row">
      <th scope="row">
        <div className={styles.cell}>
          <button
            type="button"
            className={styles.apply}
            aria-current={isCurrent ? 'true' : undefined}
            title={isCurrent ? 'This is the recipe at hand' : 'Take this recipe over'}
            onClick={() => applyRow(row)}
            onKeyDown={(e) => {
              if (e.key === 'Delete') removeRow(row.id);
            }}
          >
            <span className={styles.name}>
              {isCurrent && <Check size={13} strokeWidth={2.5} aria-label="Current:" />}
              <b>{row.name}</b>
            </span>
            <span className={styles.parts}>
              {[`${recipe.weights.algorithm} · ${recipe.activations.algorithm}`, ...correctionsOf(recipe)].join(' · ')}
            </span>
          </button>
          <span className={styles.tags}>
            {isBaseline && <Badge tone="accent">baseline</Badge>}
            {waits && <Badge>runs again</Badge>}
            {stale !== undefined && !waits && (
              <span title={`${stale}. Run it again to compare it.`}>
                <Badge tone="watch">out of date</Badge>
              </span>
            )}
            {outcome.kind === 'done' && outcome.result.islands > 0 && (
              <span title="Operators that run in float: the row is not integer-only.">
                <Badge tone="watch">{outcome.result.islands} in float</Badge>
              </span>
            )}
          </span>
        </div>
      </th>
      <Bits entry={row} />
      {outcome.kind === 'failed' ? (
        <td colSpan={columns.length} className={styles.failed} title={outcome.reason}>
          <CircleAlert size={13} aria-hidden />
          <span>{outcome.reason}</span>
        </td>
      ) : (
        columns.map(({ column }) => {
          const delta = isBaseline ? undefined : difference(column, row, baseline);
          return (
            <td key={column.id} className={isBest.includes(column.id) ? styles.best : undefined}>
              <span className={styles.value}>
                {isBest.includes(column.id) && <Trophy size={11} strokeWidth={2.25} aria-label="Best:" />}
                {cellText(column, row)}
              </span>
              {delta !== undefined && <span className={`${styles.delta} ${styles[delta.tone]}`}>{delta.text}</span>}
            </td>
          );
        })
      )}
      <td className={styles.remove}>
        <button type="button" aria-label={`Remove ${row.name}`} title="Remove the row" onClick={() => removeRow(row.id)}>
          <X size={13} aria-hidden />
        </button>
      </td>
    </tr>
  );
});

function Bits({ entry }: { readonly entry: RecipeEntry }) {
  const { weights, activations, residual } = widthsOf(entry.recipe);
  return (
    <td className={styles.bits}>
      <span className={styles.value}>
        W{weights} A{activations}
      </span>
      {residual !== 8 && <span className={styles.delta}>R{residual}</span>}
    </td>
  );
}

function Pending({ entry, runs, columns }: { readonly entry: RecipeEntry; readonly runs: boolean; readonly columns: number }) {
  const progress = useStudio((s) => (runs ? s.work.comparing?.progress : undefined));
  const share = progress === undefined || progress.total === 0 ? 0 : progress.done / progress.total;
  const words = [
    jobWords('compare', progress?.stage).replace(/^[^:]*: /, ''),
    layerOf(progress),
    countOf(progress),
    timeLeft(progress?.etaMs),
  ];
  return (
    <tr className={styles.pending} data-testid="recipe-pending">
      <th scope="row">
        <span className={styles.name}>
          {runs && <Loader size={13} className={styles.turning} aria-hidden />}
          <b>{entry.name}</b>
        </span>
        <span className={styles.parts}>
          {entry.recipe.weights.algorithm} · {entry.recipe.activations.algorithm}
        </span>
      </th>
      <Bits entry={entry} />
      <td colSpan={columns + 1} className={styles.wait}>
        {runs ? words.filter((w) => w !== undefined).join(' · ') : 'waiting'}
        {runs && (
          <span className={styles.track} aria-hidden>
            <i style={{ width: `${Math.round(share * 100)}%` }} />
          </span>
        )}
      </td>
    </tr>
  );
}

/** Up and down lead from row to row. */
function moveFocus(e: KeyboardEvent<HTMLDivElement>): void {
  if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
  const all = [...e.currentTarget.querySelectorAll<HTMLButtonElement>(`tbody .${styles.apply}`)];
  const at = all.findIndex((b) => b === document.activeElement);
  const next = all[at < 0 ? 0 : at + (e.key === 'ArrowDown' ? 1 : -1)];
  if (next === undefined) return;
  e.preventDefault();
  next.focus();
}
