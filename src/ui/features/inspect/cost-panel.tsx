/** What the integer form of this layer costs beside its float function, and where the recipe lets it run. */
import type { LayerDetail, NonlinearReport } from '../../../engine/api';
import { conversionOf } from '../../../store/selectors';
import { setRecipe, useStudio } from '../../../store/store';
import { levelOf } from '../../charts/compute';
import { dbText } from '../../charts/format';
import { Panel } from '../../kit/feedback';
import { FieldRow } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Stat, StatGrid } from '../../kit/stat';
import { Defined } from '../../kit/tooltip';
import { keptNow, withKeep } from '../recipe/overrides';
import { definitions } from './definitions';
import { functionDefinitions as about } from './function-definitions';
import styles from './inspect.module.css';

/** A cost that no one would see. */
const little = 0.5;

export const samplesText = ({ samples }: NonlinearReport): string =>
  samples.length === 1 ? 'on one sample' : `on ${samples.length} samples`;

export function CostPanel({ layer }: { readonly layer: string }) {
  const report = useStudio((s) => conversionOf(s)?.nonlinear);
  const op = report?.ops.find((o) => o.id === layer);
  if (report === undefined || op === undefined) return null;
  const coarse = levelOf(op.floatDb, definitions.sqnrLocalDb.thresholds) === 'bad';
  const advice =
    op.costDb === undefined
      ? undefined
      : op.costDb <= little
        ? `As good as the float function under the same quantizer: a float island would gain nothing here.${coarse ? ' More bits of the output would.' : ''}`
        : 'The float function would be better under the same quantizer: a float island gains accuracy here.';
  return (
    <Panel title="Integer form against float" aside={samplesText(report)}>
      <StatGrid columns={3} framed>
        <Stat
          label="Integer form"
          value={dbText(op.integerDb)}
          unit={unitOf(op.integerDb)}
          level={levelOf(op.integerDb, about.integerDb.thresholds)}
          definition={about.integerDb}
        />
        <Stat label="Float function" value={dbText(op.floatDb)} unit={unitOf(op.floatDb)} definition={about.floatDb} />
        <Stat
          label="Cost"
          value={costText(op.costDb)}
          unit={unitOf(op.costDb)}
          level={levelOf(op.costDb, about.costDb.thresholds)}
          definition={about.costDb}
        />
      </StatGrid>
      {advice !== undefined && <p className={styles.after}>{advice}</p>}
    </Panel>
  );
}

const unitOf = (db: number | undefined): string | undefined => (db === undefined ? undefined : 'dB');

/** Hundredths: most costs are less than a tenth. */
export const costText = (db: number | undefined): string =>
  db === undefined ? '–' : (Math.abs(db) < 0.005 ? '0.00' : db.toFixed(2)).replace('-', '−');

export function KeepPanel({ detail }: { readonly detail: LayerDetail }) {
  const recipe = useStudio((s) => s.recipe.present);
  if (!detail.canKeep) return null;
  const kept = keptNow(recipe.layers, detail.id);
  return (
    <Panel title="Place">
      <FieldRow
        label={<Defined definition={about.keep}>Runs in</Defined>}
        help={kept === 'float' ? 'A float island, as the recipe asks. Strict refuses it.' : undefined}
      >
        <Segmented
          label="Runs in"
          value={kept}
          onChange={(keep) => setRecipe({ ...recipe, layers: withKeep(recipe.layers, detail.id, keep) })}
          items={[
            { id: 'integer', title: 'Integers' },
            { id: 'float', title: 'Float' },
          ]}
        />
      </FieldRow>
    </Panel>
  );
}
