/** A row per layer: accumulators, bytes and traffic. Every column sorts; a row selects its layer. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useState } from 'react';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import type { HardwareLayer, HardwareReport } from '../../../core/analysis/hardware/types';
import { selectLayer } from '../../../store/actions/view';
import { useStudio } from '../../../store/store';
import { countText, wholeText } from '../../charts/format';
import styles from './chip.module.css';

interface Column {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly value: (l: HardwareLayer) => number | string | undefined;
  readonly text?: (l: HardwareLayer) => string;
  readonly tone?: (l: HardwareLayer) => string | undefined;
}

const modes = { 'on-chip': 'on chip', 'weights-streamed': 'weights streamed', tiled: 'tiled', free: 'free' } as const;

function columnsOf({ widths, packing }: HardwareReport): readonly Column[] {
  const bytes = (id: string, title: string, hint: string, value: (l: HardwareLayer) => number): Column => ({
    ...{ id, title, hint, value },
    text: (l) => (value(l) === 0 ? '–' : memorySizeText(value(l))),
  });
  return [
    { id: 'id', title: 'Layer', hint: 'In the order of the schedule where nothing is sorted', value: (l) => l.id },
    {
      id: 'macs',
      title: 'MACs',
      hint: 'Multiply-accumulates',
      value: (l) => l.macs,
      text: (l) => (l.macs === 0 ? '–' : countText(l.macs)),
    },
    { id: 'proved', title: 'Proved', hint: 'Accumulator bits that hold every possible sum', value: (l) => l.accumulator?.boundBits },
    { id: 'seen', title: 'Seen', hint: 'Accumulator bits that hold the sums of this sample', value: (l) => l.accumulator?.seenBits },
    ...widths.map((bits, i): Column => ({
      id: `over${bits}`,
      title: `> ${bits} bit`,
      hint: `Outputs of this sample that an accumulator of ${bits} bits cannot hold`,
      value: (l) => l.accumulator?.overflows[i],
      tone: (l) => ((l.accumulator?.overflows[i] ?? 0) > 0 ? styles.bad : styles.faint),
    })),
    bytes('weights', 'Constants', 'Weights, biases, multipliers and tables', (l) => l.weights[packing] + l.tables[packing]),
    bytes('input', 'In', 'What it reads', (l) => l.input[packing]),
    bytes('output', 'Out', 'What it writes', (l) => l.output[packing]),
    bytes('live', 'Alive', 'All activations alive while it runs', (l) => l.live),
    bytes('dram', 'DRAM', 'Bytes from and to DRAM', (l) => l.dram.constants + l.dram.read + l.dram.written),
    {
      id: 'mode',
      title: 'Mode',
      hint: 'On chip: all fits. Weights streamed: activations fit half. Tiled: in parts, from and to DRAM',
      value: (l) => modes[l.mode],
      tone: (l) => (l.mode === 'tiled' ? styles.watch : l.mode === 'free' ? styles.faint : undefined),
    },
  ];
}

export function HardwareTable({ report }: { readonly report: HardwareReport }) {
  const [sort, setSort] = useState<{ readonly by: string; readonly down: boolean }>();
  const selection = useStudio((s) => s.view.selection);
  const columns = useMemo(() => columnsOf(report), [report]);
  const rows = useMemo(() => {
    const by = columns.find((c) => c.id === sort?.by);
    if (by === undefined || sort === undefined) return report.layers;
    const sign = sort.down ? -1 : 1;
    return [...report.layers].sort((a, b) => {
      const [p, q] = [by.value(a), by.value(b)];
      if (p === undefined || q === undefined) return p === q ? 0 : p === undefined ? 1 : -1;
      return sign * (typeof p === 'string' ? p.localeCompare(String(q), 'en', { numeric: true }) : p - Number(q));
    });
  }, [columns, report, sort]);
  // First the largest, then the least, then the schedule again; names the other way round.
  const press = (id: string) => {
    const down = id !== 'id';
    setSort(sort?.by !== id ? { by: id, down } : sort.down === down ? { by: id, down: !down } : undefined);
  };
  return (
    <div className={styles.scroll} data-testid="hardware-table">
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.id} scope="col" aria-sort={sort?.by !== c.id ? undefined : sort.down ? 'descending' : 'ascending'}>
                <button type="button" title={c.hint} onClick={() => press(c.id)}>
                  {sort?.by === c.id && (sort.down ? <ArrowDown size={11} aria-hidden /> : <ArrowUp size={11} aria-hidden />)}
                  {c.title}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((l) => (
            <tr key={l.id} aria-selected={l.id === selection} data-layer={l.id}>
              {columns.map((c, i) => {
                const value = c.value(l);
                const text = c.text?.(l) ?? (value === undefined ? '–' : typeof value === 'number' ? wholeText(value) : value);
                return i === 0 ? (
                  <th key={c.id} scope="row">
                    <button type="button" title={`${l.id}, ${l.kind}`} onClick={() => void selectLayer(l.id, { pan: false })}>
                      <bdi>{text}</bdi>
                    </button>
                  </th>
                ) : (
                  <td key={c.id} className={value === undefined || text === '–' ? styles.faint : c.tone?.(l)}>
                    {text}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
