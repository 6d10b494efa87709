/** The recipe on screen in five numbers: costs, and what the sweep lets expect. */
import type { RecipeEstimate } from '../../../core/analysis/sensitivity/types';
import { levelOf } from '../../charts/compute';
import { dbText } from '../../charts/format';
import { Stat, StatGrid } from '../../kit/stat';
import { definitions } from '../inspect/definitions';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import { bitsDefinitions as about } from './bits-definitions';
import styles from './bits.module.css';
import { noteOf } from './estimate-panel';
import { bopsText, klBorders, lossText, savedText } from './loss';

interface Props {
  readonly estimate: RecipeEstimate | undefined;
  readonly swept: boolean;
}

export function EstimateStats({ estimate, swept }: Props) {
  if (estimate === undefined) return null;
  const { logits, reference } = estimate;
  return (
    <div className={styles.stats} data-testid="estimate-stats">
      <StatGrid framed columns={4}>
        <Stat
          label="Weights"
          value={memorySizeText(estimate.bytes)}
          unit={savedText(estimate.bytes, reference.bytes)}
          definition={about.bytes}
        />
        <Stat
          label="Bit operations"
          value={bopsText(estimate.bops)}
          unit={savedText(estimate.bops, reference.bops)}
          definition={about.bops}
        />
        <Stat
          label="SQNR, estimated"
          value={dbText(logits?.sqnrDb)}
          unit={logits === undefined ? undefined : 'dB'}
          level={levelOf(logits?.sqnrDb, definitions.logitsSqnrDb.thresholds)}
          definition={about.sqnr}
        />
        <Stat
          label="KL, estimated"
          value={lossText('kl', logits?.kl)}
          unit={logits === undefined ? undefined : 'nats'}
          level={levelOf(logits?.kl, klBorders)}
          definition={about.kl}
        />
      </StatGrid>
      <p className={styles.note}>{noteOf(estimate, swept)}</p>
    </div>
  );
}
