/** What a conversion gave: the outputs' SQNR, the size of the weights, float islands with their reasons, warnings, the worst layers. */
import { useState, type ReactNode } from 'react';
import type { ConversionSummary, GraphCard, LayerReport } from '../../../engine/api';
import { selectLayer } from '../../../store/actions/view';
import { cardOf, openModel } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { levelOf } from '../../charts/compute';
import { countedText, dbText } from '../../charts/format';
import { opColour } from '../../graph/op-icon';
import { Button } from '../../kit/button';
import { Badge, Panel } from '../../kit/feedback';
import { Stat, StatGrid } from '../../kit/stat';
import { definitions } from '../inspect/definitions';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import { CostTable } from './cost-table';
import { groupIslands } from './group-islands';
import { LearnedTable } from './learned-table';
import { recipeDefinitions } from './recipe-definitions';
import styles from './recipe.module.css';

const stepNames: Readonly<Record<ConversionSummary['prepared']['notes'][number]['step'], string>> = {
  equalize: 'Equalized',
  smooth: 'Smoothed',
  prune: 'Pruned',
  learn: 'Learned',
  batchNorm: 'Re-estimated',
  bias: 'Bias',
};
const moves = new Set(['reshape', 'transpose', 'slice', 'expand', 'gather', 'concat', 'pad']);

interface Props {
  readonly result: ConversionSummary;
  readonly stale: boolean;
  /** The calibration that it came from is of data that changed since. */
  readonly olderData: boolean;
}

export function ConversionResult({ result, stale, olderData }: Props) {
  const parameters = useStudio((s) => openModel(s)?.summary.parameters ?? 0);
  const learned = useStudio((s) => s.work.learning);
  const floatBytes = parameters * 4;
  const worst = result.layers
    // What only moves integers repeats the number of the layer before it.
    .filter((l) => l.sqnrDb !== undefined && !moves.has(l.kind))
    .sort((a, b) => (a.sqnrDb ?? 0) - (b.sqnrDb ?? 0))
    .slice(0, 6);
  return (
    <>
      <Panel
        title="Result"
        aside={
          olderData ? (
            <Badge tone="watch">of older data</Badge>
          ) : stale ? (
            <Badge tone="watch">of an older recipe</Badge>
          ) : (
            <Badge tone="good">converted</Badge>
          )
        }
      >
        <div data-testid="conversion-result">
          <StatGrid framed columns={3}>
            <Stat
              label="Output SQNR"
              value={dbText(result.logitsSqnrDb)}
              unit={result.logitsSqnrDb === undefined ? undefined : 'dB'}
              level={levelOf(result.logitsSqnrDb, definitions.logitsSqnrDb.thresholds)}
              definition={definitions.logitsSqnrDb}
            />
            <Stat
              label="Weights"
              value={memorySizeText(result.weightBytes)}
              unit={floatBytes === 0 ? undefined : `÷ ${(floatBytes / Math.max(1, result.weightBytes)).toFixed(1)}`}
              title={`${memorySizeText(result.weightBytes)} instead of ${memorySizeText(floatBytes)}`}
              definition={definitions.weightSize}
            />
            <Stat
              label="Float islands"
              value={result.islands.length}
              level={result.islands.length === 0 ? 'good' : 'watch'}
              definition={recipeDefinitions.islands}
            />
          </StatGrid>
        </div>
      </Panel>
      {result.islands.length > 0 && (
        <Panel title="Float islands" aside={`${result.islands.length}`}>
          <ShortList
            items={groupIslands(result.islands).map(({ op, reason, nodes }) => (
              <>
                <b>{op}</b> {nodes.length > 1 && `× ${nodes.length}`} <span className={styles.reason}>{reason}</span>
                <code className={styles.nodes} title={nodes.join('\n')}>
                  {nodes.join(', ')}
                </code>
              </>
            ))}
          />
        </Panel>
      )}
      {result.warnings.length > 0 && (
        <Panel title="Warnings" aside={`${result.warnings.length}`}>
          <ShortList
            items={result.warnings.map((w) => (
              <>
                {(w.node ?? w.value) !== undefined && <code title={w.node ?? w.value}>{w.node ?? w.value}</code>} {w.message}
              </>
            ))}
          />
        </Panel>
      )}
      {result.prepared.notes.length > 0 && (
        <Panel title="Corrections" aside={result.prepared.samples > 0 ? `on ${countedText(result.prepared.samples, 'sample')}` : undefined}>
          <ShortList
            items={result.prepared.notes.map((n) => (
              <>
                <b>{stepNames[n.step]}</b> {!n.done && 'left alone'} <code title={n.layer}>{n.layer}</code>{' '}
                <span className={styles.reason}>{n.text}</span>
              </>
            ))}
          />
        </Panel>
      )}
      {learned !== undefined && learned.rows.length > 0 && (
        <Panel title="Learned layers" aside={`${learned.rows.length}`}>
          <LearnedTable rows={learned.rows} />
        </Panel>
      )}
      {result.nonlinear !== undefined && <CostTable report={result.nonlinear} />}
      {worst.length > 0 && (
        <Panel title="Worst layers" aside="cumulative SQNR">
          <ul className={styles.worst}>
            {worst.map((report) => (
              <Worst key={report.id} report={report} />
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

function Worst({ report }: { readonly report: LayerReport }) {
  const card = useStudio((s): GraphCard | undefined => cardOf(s, report.id));
  const level = levelOf(report.sqnrDb, definitions.sqnrDb.thresholds);
  const content = (
    <>
      <span className={styles.dot} style={{ background: card === undefined ? 'var(--op-plain)' : opColour(card.kind) }} />
      <span className={styles.worstTitle}>{card?.title ?? report.kind}</span>
      {/* The end of a long name tells layers apart: it is cut in front. */}
      <code>
        <bdi>{report.id}</bdi>
      </code>
      <span className={`${styles.worstValue} ${styles[level]}`}>
        {dbText(report.sqnrDb)} <small>dB</small>
      </span>
    </>
  );
  return (
    <li>
      {card === undefined ? (
        // An op that the converter added has no card of its own.
        <div className={styles.worstLine} title={report.id}>
          {content}
        </div>
      ) : (
        <button
          type="button"
          className={styles.worstLine}
          title={report.id}
          onClick={() => void selectLayer(report.id)}
          data-testid="worst-layer"
        >
          {content}
        </button>
      )}
    </li>
  );
}

const few = 4;

function ShortList({ items }: { readonly items: readonly ReactNode[] }) {
  const [all, setAll] = useState(false);
  return (
    <>
      <ul className={styles.notes}>
        {(all ? items : items.slice(0, few)).map((item, i) => (
          <li key={i}>{item}</li>
        ))}
      </ul>
      {items.length > few && (
        <Button size="small" look="ghost" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? 'Show fewer' : `Show all ${items.length}`}
        </Button>
      )}
    </>
  );
}
