/** The front of the sweep over size or bit operations. A point is put into the recipe with a click; undo takes it back. */
import type { CostId, LossId, RecipeEstimate, SensitivityReport } from '../../../core/analysis/sensitivity/types';
import { applyPoint } from '../../../store/actions/bits';
import { ParetoChart } from '../../charts/pareto-chart';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import styles from './bits.module.css';
import { bopsText, lossText, valueOf } from './loss';

interface Props {
  readonly report: SensitivityReport;
  readonly cost: CostId;
  readonly loss: LossId;
  readonly estimate: RecipeEstimate | undefined;
}

export function FrontierChart({ report, cost, loss, estimate }: Props) {
  const frontier = report.frontiers.find((f) => f.cost === cost && f.loss === loss);
  if (frontier === undefined) return null;
  const { signal } = report;
  const costText = cost === 'bytes' ? memorySizeText : bopsText;
  const unit = loss === 'kl' ? 'nats' : 'dB';
  const samples = report.samples.length === 1 ? 'one sample' : `${report.samples.length} samples`;
  const move = (i: number): string => {
    const m = frontier.moves[i - 1];
    return m === undefined ? 'all layers at 8 bits' : `${m.layer} to ${m.kind === 'weights' ? 'W' : 'A'}${m.bits}`;
  };
  return (
    <div className={styles.chart}>
      <ParetoChart
        label={`${loss === 'kl' ? 'KL' : 'SQNR'} of the logits over ${cost === 'bytes' ? 'bytes of weights' : 'bit operations'}`}
        points={frontier.points.map((p) => ({
          x: p[cost],
          y: valueOf(loss, signal, p),
          measured: p.measured && valueOf(loss, signal, p.measured),
        }))}
        now={
          estimate && {
            x: estimate[cost],
            y: estimate.logits && valueOf(loss, signal, estimate.logits),
          }
        }
        log={loss === 'kl'}
        xText={costText}
        yText={(v) => lossText(loss, v)}
        readout={(i) => {
          const p = frontier.points[i];
          if (p === undefined) return '';
          const measured = p.measured === undefined ? '' : `, measured ${lossText(loss, valueOf(loss, signal, p.measured))}`;
          return `${costText(p[cost])} · ${lossText(loss, valueOf(loss, signal, p))} ${unit} estimated${measured} · ${move(i)}`;
        }}
        caption={`Click a point to use it. Dots: estimated; diamonds: measured on ${samples}; cross: the recipe now`}
        onChoose={(i) => applyPoint(frontier, i)}
      />
    </div>
  );
}
