/** The head of the inspector: what layer this is, where it comes from, and its headline numbers. */
import { RefreshCw } from 'lucide-react';
import type { GraphCard, LayerReport } from '../../../engine/api';
import { openStep } from '../../../store/actions/view';
import { isConversionStale } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { levelOf } from '../../charts/compute';
import { countText, dbText, shapeText } from '../../charts/format';
import { OpIcon, opColour } from '../../graph/op-icon';
import { CopyButton } from '../../kit/copy-button';
import { Badge } from '../../kit/feedback';
import { Stat, StatGrid } from '../../kit/stat';
import { Tooltip } from '../../kit/tooltip';
import { definitions } from './definitions';
import styles from './inspect.module.css';

export function LayerHead({ card, report }: { readonly card: GraphCard; readonly report: LayerReport | undefined }) {
  const stale = useStudio(isConversionStale);
  const shape = card.outputShape.length > 1 && card.outputShape[0] === 1 ? card.outputShape.slice(1) : card.outputShape;
  return (
    <header className={styles.head}>
      <div className={styles.identity}>
        <div className={styles.icon} style={{ '--tint': opColour(card.kind) }}>
          <OpIcon kind={card.kind} size={18} />
        </div>
        <div className={styles.names}>
          <div className={styles.titleRow}>
            <h2 title={card.title}>{card.title}</h2>
            {card.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
            {stale && report !== undefined && (
              <Tooltip content="The recipe or the data have changed since these numbers were made.">
                <button type="button" className={styles.stale} onClick={() => openStep('recipe')}>
                  <RefreshCw size={11} aria-hidden /> stale
                </button>
              </Tooltip>
            )}
          </div>
          <div className={styles.stem}>
            {/* Its end tells it apart: it is cut in front. */}
            <code title={card.id}>
              <bdi>{card.id}</bdi>
            </code>
            <CopyButton label="Copy the name" text={card.id} />
          </div>
          {card.sources.length > 0 && (
            <div className={styles.from} title={card.sources.join('\n')}>
              from {card.sources.join(', ')}
            </div>
          )}
        </div>
      </div>
      <StatGrid framed columns={3}>
        <Stat label="Params" value={card.parameters === 0 ? '–' : countText(card.parameters)} definition={definitions.parameters} />
        <Stat label="MACs" value={card.macs === 0 ? '–' : countText(card.macs)} definition={definitions.macs} />
        <Stat label="Output" value={shapeText(shape)} title={shapeText(card.outputShape)} definition={definitions.outputShape} />
        <Stat
          label="Bits"
          value={report === undefined ? '–' : bitsText(report)}
          title={report === undefined ? undefined : bitsTitle(report)}
          definition={definitions.bits}
        />
        <Stat
          label="SQNR local"
          value={dbText(report?.sqnrLocalDb)}
          unit={report?.sqnrLocalDb === undefined ? undefined : 'dB'}
          level={levelOf(report?.sqnrLocalDb, definitions.sqnrLocalDb.thresholds)}
          definition={definitions.sqnrLocalDb}
        />
        <Stat
          label="SQNR total"
          value={dbText(report?.sqnrDb)}
          unit={report?.sqnrDb === undefined ? undefined : 'dB'}
          level={levelOf(report?.sqnrDb, definitions.sqnrDb.thresholds)}
          definition={definitions.sqnrDb}
        />
      </StatGrid>
    </header>
  );
}

/** `W8 A8 → 8`; layers without weights have no W. */
function bitsText(r: LayerReport): string {
  return `${r.weightBits === undefined ? '' : `W${r.weightBits} `}A${r.inputBits} → ${r.outputBits}`;
}

function bitsTitle(r: LayerReport): string {
  return `${r.weightBits === undefined ? '' : `weights ${r.weightBits} bit, `}input ${r.inputBits} bit, output ${r.outputBits} bit`;
}
