/** A row per layer: what was measured with which bits of this layer alone. A cell gives the layer these bits; the layer's own are marked. */
import type {
  EstimatedLayer,
  LossId,
  RecipeEstimate,
  SensitivityLayer,
  SensitivityReport,
  SweptKind,
} from '../../../core/analysis/sensitivity/types';
import { setLayerBits } from '../../../store/actions/bits';
import { selectLayer } from '../../../store/actions/view';
import { useStudio } from '../../../store/store';
import { levelOf } from '../../charts/compute';
import { countText } from '../../charts/format';
import chip from '../chip/chip.module.css';
import { definitions } from '../inspect/definitions';
import styles from './bits.module.css';
import { klBorders, lossText, valueOf } from './loss';

interface Props {
  readonly report: SensitivityReport;
  readonly loss: LossId;
  readonly estimate: RecipeEstimate | undefined;
}

interface Column {
  readonly kind: SweptKind;
  readonly bits: number;
}

export function BitsTable({ report, loss, estimate }: Props) {
  const selection = useStudio((s) => s.view.selection);
  const columns: readonly Column[] = [
    ...[8, ...report.weightBits].map((bits) => ({ kind: 'weights' as const, bits })),
    ...(report.activationBits.length === 0 ? [] : [8, ...report.activationBits].map((bits) => ({ kind: 'activations' as const, bits }))),
  ].sort((a, b) => (a.kind === b.kind ? b.bits - a.bits : a.kind === 'weights' ? -1 : 1));
  const now = new Map(estimate?.layers.map((l) => [l.id, l]));
  return (
    <table className={`${chip.table} ${styles.table}`} data-testid="bits-table">
      <caption className="visually-hidden">
        {loss === 'kl' ? 'KL of the logits in nats' : 'SQNR of the logits in decibels'} with other bits in one layer alone
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <span className={styles.head}>Layer</span>
          </th>
          <th scope="col">
            <span className={styles.head}>Now</span>
          </th>
          <th scope="col">
            <span className={styles.head}>MACs</span>
          </th>
          <th scope="col">
            <span className={styles.head}>Weights</span>
          </th>
          {columns.map((c) => (
            <th key={`${c.kind}${c.bits}`} scope="col">
              <span className={styles.head}>{titleOf(c)}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {report.layers.map((layer) => {
          const own = now.get(layer.id);
          return (
            <tr key={layer.id} aria-selected={layer.id === selection} data-layer={layer.id}>
              <th scope="row">
                <button type="button" title={`${layer.id}, ${layer.op}`} onClick={() => void selectLayer(layer.id, { pan: false })}>
                  <bdi>{layer.id}</bdi>
                </button>
              </th>
              <td data-testid="bits-now">
                {own === undefined ? '–' : `${layer.weights > 0 ? `W${own.weightBits} ` : ''}A${own.activationBits}`}
              </td>
              <td>{countText(layer.macs)}</td>
              <td className={layer.weights === 0 ? chip.faint : undefined}>{layer.weights === 0 ? '–' : countText(layer.weights)}</td>
              {columns.map((c) => (
                <Cell key={`${c.kind}${c.bits}`} layer={layer} own={own} column={c} report={report} loss={loss} />
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const titleOf = ({ kind, bits }: Column): string => `${kind === 'weights' ? 'W' : 'A'}${bits}`;

interface CellProps {
  readonly layer: SensitivityLayer;
  readonly own: EstimatedLayer | undefined;
  readonly column: Column;
  readonly report: SensitivityReport;
  readonly loss: LossId;
}

function Cell({ layer, own, column, report, loss }: CellProps) {
  const { kind, bits } = column;
  const found = bits === 8 ? report.reference : layer.points.find((p) => p.kind === kind && p.bits === bits);
  const refused = report.refused.find((r) => r.layer === layer.id && r.kind === kind && r.bits === bits);
  if (found === undefined || (kind === 'weights' && layer.weights === 0)) {
    return (
      <td className={chip.faint} title={refused?.why}>
        {refused === undefined ? '–' : 'no'}
      </td>
    );
  }
  const value = valueOf(loss, report.signal, found);
  const level = levelOf(value, loss === 'kl' ? klBorders : definitions.logitsSqnrDb.thresholds);
  const chosen = own !== undefined && (kind === 'weights' ? own.weightBits : own.activationBits) === bits;
  const text = lossText(loss, value);
  return (
    <td>
      <button
        type="button"
        className={`${styles.cell} ${styles[level]}`}
        aria-pressed={chosen}
        aria-label={`${layer.id}: ${bits} bits for ${kind}, ${text} ${loss === 'kl' ? 'nats' : 'dB'}`}
        onClick={() => setLayerBits(layer.id, kind === 'weights' ? 'weightBits' : 'activationBits', bits)}
      >
        {text}
      </button>
    </td>
  );
}
