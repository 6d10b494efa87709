/** Every kind of non-linear operator: what its integers cost beside the float function, and what the outputs would gain without. */
import type { NonlinearKind, NonlinearReport } from '../../../engine/api';
import { selectLayer } from '../../../store/actions/view';
import { levelOf } from '../../charts/compute';
import { dbText } from '../../charts/format';
import { Panel } from '../../kit/feedback';
import { Defined } from '../../kit/tooltip';
import { costText, samplesText } from '../inspect/cost-panel';
import { functionDefinitions as about } from '../inspect/function-definitions';
import styles from './recipe.module.css';

export function CostTable({ report }: { readonly report: NonlinearReport }) {
  return (
    <Panel title="Non-linear operators in integers" aside={`dB, ${samplesText(report)}`}>
      <table className={styles.costs} data-testid="nonlinear-cost">
        <thead>
          <tr>
            <th scope="col">Operator</th>
            <th scope="col">
              <Defined definition={about.integerDb}>Integer</Defined>
            </th>
            <th scope="col">
              <Defined definition={about.floatDb}>Float</Defined>
            </th>
            <th scope="col">
              <Defined definition={about.costDb}>Cost</Defined>
            </th>
            <th scope="col">
              <Defined definition={about.keptSqnr}>If float</Defined>
            </th>
          </tr>
        </thead>
        <tbody>
          {report.kinds.map((kind) => (
            <Kind key={kind.kind} kind={kind} report={report} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Kind({ kind, report }: { readonly kind: NonlinearKind; readonly report: NonlinearReport }) {
  const dearest = report.ops.filter((op) => op.kind === kind.kind).sort((a, b) => (b.costDb ?? 0) - (a.costDb ?? 0))[0];
  const gain = kind.logitsSqnrDb === undefined || report.logitsSqnrDb === undefined ? undefined : kind.logitsSqnrDb - report.logitsSqnrDb;
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          disabled={dearest === undefined}
          title={`The dearest: ${dearest?.id ?? ''}`}
          onClick={() => void selectLayer(dearest?.id)}
        >
          {kind.kind}
        </button>{' '}
        <small>× {kind.ops}</small>
      </th>
      <td>{dbText(kind.integerDb)}</td>
      <td>{dbText(kind.floatDb)}</td>
      <td className={styles[levelOf(kind.costDb, about.costDb.thresholds)]}>{costText(kind.costDb)}</td>
      <td
        title={
          kind.logitsSqnrDb === undefined
            ? 'Not measured: the model is too large to run once more for it'
            : `Outputs ${dbText(kind.logitsSqnrDb)} dB instead of ${dbText(report.logitsSqnrDb)} dB`
        }
      >
        {gain === undefined ? '–' : gainText(gain)}
      </td>
    </tr>
  );
}

/** What the outputs gain or lose. */
function gainText(gain: number): string {
  const text = Math.abs(gain).toFixed(1);
  return text === '0.0' ? '±0.0' : gain < 0 ? `−${text}` : `+${text}`;
}
