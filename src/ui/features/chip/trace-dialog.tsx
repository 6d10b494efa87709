/**
 * Where one element comes from: the products (or what else was read) as a table of virtual rows, and every number from the sum
 * to the element in decimal, hex and binary. A row whose element an op made leads to that element's trace.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowLeft, ChevronRight } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { binaryText, decimalText, hexText, orderedTerms, traceText } from '../../../core/analysis/trace/text';
import type { Trace, TraceLine, TraceTerm } from '../../../core/analysis/trace/types';
import { closeTrace, openTrace, traceBack } from '../../../store/actions/chip';
import { shown } from '../../../store/loadable';
import { errorDetail, useStudio } from '../../../store/store';
import { shapeText, wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { CopyButton } from '../../kit/copy-button';
import { Dialog } from '../../kit/dialog';
import { Notice } from '../../kit/feedback';
import { TextField } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { parseIndex } from '../inspect/slice';
import styles from './chip.module.css';

type Order = 'index' | 'size';
type Base = 'decimal' | 'hex' | 'binary';
const rowHeight = 24;

export function TraceDialog() {
  const open = useStudio((s) => s.chip.traceOpen);
  const entry = useStudio((s) => s.chip.trace);
  const steps = useStudio((s) => s.chip.path.length);
  const trace = shown(entry);
  return (
    <Dialog open={open} onClose={closeTrace} wide title={trace === undefined ? 'Trace' : `Trace of ${trace.op}`}>
      {entry.kind === 'failed' && (
        <Notice tone="bad" title={entry.error.what}>
          {errorDetail(entry.error)}
        </Notice>
      )}
      {trace !== undefined && <Body trace={trace} canGoBack={steps > 1} />}
    </Dialog>
  );
}

function Body({ trace, canGoBack }: { readonly trace: Trace; readonly canGoBack: boolean }) {
  const [order, setOrder] = useState<Order>('index');
  const [base, setBase] = useState<Base>('decimal');
  const [problem, setProblem] = useState<string>();
  const text = useMemo(() => traceText(trace, { order }), [trace, order]);
  const go = (typed: string) => {
    const index = parseIndex(typed, trace.shape);
    if (typeof index === 'string') {
      setProblem(index);
      return false;
    }
    setProblem(undefined);
    void openTrace({ layer: trace.op, index });
    return true;
  };
  return (
    <div data-testid="trace">
      <div className={styles.traceHead}>
        {canGoBack && (
          <Button size="small" icon={<ArrowLeft size={13} aria-hidden />} onClick={() => void traceBack()}>
            Back
          </Button>
        )}
        <label className={styles.field}>
          <span>Element</span>
          <TextField
            label="Index of the element"
            value={trace.index.join(', ')}
            problem={problem}
            onCommit={go}
            onType={() => setProblem(undefined)}
          />
        </label>
        <span className={styles.faint}>
          of {shapeText(trace.shape)}, position {wholeText(trace.position)}
        </span>
        {problem !== undefined && (
          <span className={styles.bad} role="alert">
            {problem}
          </span>
        )}
        <span className={styles.spacer} />
        <CopyButton label="Copy the trace as text" text={text} />
      </div>
      <div className={styles.formula}>{trace.formula}</div>
      <div className={`${styles.traceBody} ${trace.terms === undefined ? styles.single : ''}`}>
        {trace.terms !== undefined && (
          <div>
            <div className={styles.sub}>
              <span>
                {trace.terms.title}, {wholeText(trace.terms.rows.length)}
              </span>
              <span style={{ display: 'flex', gap: 6 }}>
                <Segmented label="Base" dense value={base} onChange={setBase} items={bases} />
                <Segmented label="Order" dense value={order} onChange={setOrder} items={orders} />
              </span>
            </div>
            <Terms trace={trace} order={order} base={base} />
          </div>
        )}
        <div>
          <div className={styles.sub}>From there to the element</div>
          <table className={styles.lines}>
            <thead>
              <tr>
                <th scope="col">
                  <span className="visually-hidden">Symbol</span>
                </th>
                <th scope="col">Decimal</th>
                <th scope="col">Hex and binary</th>
                <th scope="col" style={{ textAlign: 'left' }}>
                  What it is
                </th>
              </tr>
            </thead>
            <tbody>
              {trace.lines.map((line) => (
                <Line key={line.symbol} line={line} />
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </div>
  );
}

const bases = [
  { id: 'decimal', title: 'dec' },
  { id: 'hex', title: 'hex' },
  { id: 'binary', title: 'bin' },
] as const;
const orders = [
  { id: 'index', title: 'In order' },
  { id: 'size', title: 'Largest first' },
] as const;
const texts = { decimal: decimalText, hex: hexText, binary: binaryText } as const;

/** Equal groups in front say no more than one of them. */
function shortBinary(line: TraceLine): string {
  const full = binaryText(line);
  const cut = /^((?:0000_|1111_))\1+/.exec(full);
  return cut === null ? full : `…${full.slice(cut[0].length - 5)}`;
}

function Line({ line }: { readonly line: TraceLine }) {
  const from = line.from && `${line.from.value}[${line.from.index.join(', ')}]`;
  return (
    <tr>
      <th scope="row">{line.symbol}</th>
      <td data-testid={line.symbol === 'y' ? 'trace-result' : undefined}>{decimalText(line).replace('-', '−')}</td>
      <td title={`${binaryText(line)}, ${line.bits} bits, ${line.signed ? 'signed' : 'unsigned'}`}>
        {hexText(line)}
        <small>{shortBinary(line)}</small>
      </td>
      <td className={styles.means}>
        {line.title}
        {(line.formula !== undefined || from !== undefined) && (
          <small>{[line.formula, from].filter((t) => t !== undefined).join(' · ')}</small>
        )}
      </td>
    </tr>
  );
}

function Terms({ trace, order, base }: { readonly trace: Trace; readonly order: Order; readonly base: Base }) {
  const rows = useMemo(() => orderedTerms(trace, order), [trace, order]);
  const { terms, operands } = trace;
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: useCallback(() => box, [box]),
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  if (terms === undefined) return null;
  const [first] = operands;
  const textOf = (value: bigint, column: number): string => {
    const { bits, signed } = terms.columns[column] as { bits: number; signed: boolean };
    return texts[base]({ value, bits, signed }).replace('-', '−');
  };
  return (
    <div
      className={styles.terms}
      style={{ '--columns': terms.columns.length }}
      role="table"
      aria-label={terms.title}
      aria-rowcount={rows.length + 1}
    >
      <div className={styles.termHead} role="row">
        <span role="columnheader" title={first?.value}>
          {first?.madeBy ?? 'input'}
        </span>
        {terms.columns.map((c) => (
          <span key={c.symbol} role="columnheader" title={c.title}>
            {c.symbol}
          </span>
        ))}
        <span />
      </div>
      <div
        ref={setBox}
        className={styles.termBody}
        style={{ height: `min(${rows.length * rowHeight}px, 56vh)` }}
        role="rowgroup"
        tabIndex={0}
        aria-label="Rows"
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const row = terms.rows[rows[index] as number] as TraceTerm;
            const at = row.at[0];
            const madeBy = first?.madeBy;
            const cells = (
              <>
                <span role="rowheader">{at === undefined ? 'padding' : at.join(', ')}</span>
                {row.values.map((v, i) => (
                  <span key={i} role="cell">
                    {textOf(v, i)}
                  </span>
                ))}
                <span>{at !== undefined && madeBy !== undefined && <ChevronRight size={12} aria-hidden />}</span>
              </>
            );
            const common = {
              className: styles.term,
              role: 'row',
              'data-mark': row.mark,
              'aria-rowindex': index + 2,
              style: { transform: `translateY(${start}px)` },
            };
            return at !== undefined && madeBy !== undefined ? (
              <button
                key={key}
                type="button"
                {...common}
                title={`Trace this element of ${madeBy}`}
                onClick={() => void openTrace({ layer: madeBy, index: at }, true)}
              >
                {cells}
              </button>
            ) : (
              <div key={key} {...common}>
                {cells}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
