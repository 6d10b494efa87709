/** Activations alive over the schedule, with the on-chip memory as a line; and DRAM traffic over the size of that memory. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { useState } from 'react';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import type { HardwareReport } from '../../../core/analysis/hardware/types';
import { loadHardware } from '../../../store/actions/chip';
import { selectLayer } from '../../../store/actions/view';
import { useStudio } from '../../../store/store';
import { countedText } from '../../charts/format';
import { useWidth } from '../../charts/use-width';
import styles from './chip.module.css';

const height = 92;
const base = height - 14;

export function MemoryChart({ report }: { readonly report: HardwareReport }) {
  const { ref, width } = useWidth<HTMLDivElement>(420);
  const [at, setAt] = useState<number>();
  const selection = useStudio((s) => s.view.selection);
  const { layers, peak, sramBytes } = report;
  // The memory is drawn where it is of the same order; far above it says nothing but "fits".
  const most = sramBytes <= 1.6 * peak.bytes ? Math.max(sramBytes, peak.bytes) : peak.bytes;
  const y = scaleLinear([0, Math.max(1, most)], [base, 8]);
  const step = width / Math.max(1, layers.length);
  const hovered = at === undefined ? undefined : layers[at];
  return (
    <div ref={ref} className={styles.chart}>
      <h3>
        <span>Activations alive, step by step</span>
        <b>
          {hovered !== undefined
            ? `${hovered.id} · ${memorySizeText(hovered.live)}`
            : `peak ${memorySizeText(peak.bytes)} at ${peak.layer}`}
        </b>
      </h3>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Activations alive over ${countedText(layers.length, 'step')}: peak ${memorySizeText(peak.bytes)} at ${peak.layer}; the chip has ${memorySizeText(sramBytes)}`}
        onPointerLeave={() => setAt(undefined)}
      >
        {layers.map((l, i) => (
          <rect
            key={l.id}
            className={`${styles.step} ${l.live > sramBytes ? styles.over : ''} ${l.id === selection || i === at ? styles.stepOn : ''}`}
            x={i * step}
            width={Math.max(0.6, step - (step > 3 ? 1 : 0))}
            y={y(l.live)}
            height={Math.max(0, base - y(l.live))}
            onPointerEnter={() => setAt(i)}
            onClick={() => void selectLayer(l.id, { pan: false })}
          />
        ))}
        {sramBytes <= most && <line className={styles.limit} x1={0} x2={width} y1={y(sramBytes)} y2={y(sramBytes)} />}
        {sramBytes <= most && (
          <text x={width} y={y(sramBytes) - 3} textAnchor="end">
            on-chip memory {memorySizeText(sramBytes)}
          </text>
        )}
        <line className={styles.axis} x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} />
        <text x={0} y={height - 2}>
          first step
        </text>
        <text x={width} y={height - 2} textAnchor="end">
          {countedText(layers.length, 'step')}
        </text>
      </svg>
    </div>
  );
}

export function SweepChart({ report }: { readonly report: HardwareReport }) {
  const { ref, width } = useWidth<HTMLDivElement>(260);
  const { sweep, dram, sramBytes } = report;
  const x = scaleLog([sweep[0]?.sramBytes ?? 1, sweep.at(-1)?.sramBytes ?? 2], [10, width - 10]);
  const [least = 1, top = 2] = [Math.max(1, dram.least), Math.max(...sweep.map((p) => p.total), 2)];
  const y = scaleLog([least, Math.max(top, least * 1.2)], [base - 4, 12]);
  const path = line<{ readonly sramBytes: number; readonly total: number }>(
    (p) => x(p.sramBytes),
    (p) => y(Math.max(least, p.total)),
  )(sweep);
  return (
    <div ref={ref} className={styles.chart}>
      <h3>
        <span>DRAM traffic by memory size</span>
        <b>
          {memorySizeText(sramBytes)}: {memorySizeText(dram.total)}
        </b>
      </h3>
      <svg height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label="DRAM traffic by memory size">
        <line className={styles.limit} x1={0} x2={width} y1={base - 4} y2={base - 4} />
        <path className={styles.line} d={path ?? ''} />
        {sweep.map((p) => (
          <circle
            key={p.sramBytes}
            className={`${styles.dot} ${p.sramBytes === sramBytes ? styles.dotNow : ''}`}
            cx={x(p.sramBytes)}
            cy={y(Math.max(least, p.total))}
            r={4}
            role="button"
            tabIndex={0}
            style={{ cursor: 'pointer' }}
            aria-label={`${memorySizeText(p.sramBytes)} on chip: ${memorySizeText(p.total)} of traffic`}
            onClick={() => void loadHardware({ sramBytes: p.sramBytes })}
            onKeyDown={(e) => {
              if (e.key !== 'Enter' && e.key !== ' ') return;
              e.preventDefault();
              void loadHardware({ sramBytes: p.sramBytes });
            }}
          >
            <title>{`${memorySizeText(p.sramBytes)} on chip: ${memorySizeText(p.total)}`}</title>
          </circle>
        ))}
        <line className={styles.axis} x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} />
        <text x={0} y={height - 2}>
          {memorySizeText(sweep[0]?.sramBytes ?? 0)}
        </text>
        <text x={width} y={height - 2} textAnchor="end">
          {memorySizeText(sweep.at(-1)?.sramBytes ?? 0)}
        </text>
        <text x={width} y={9} textAnchor="end">
          {memorySizeText(top)} to {memorySizeText(least)}
        </text>
      </svg>
    </div>
  );
}
