/** A conversion while it learns: which layer, how its loss falls, and what came of the layers before. */
import type { LearningView, RunningLayer } from '../../../store/learning';
import { dbText, realText } from '../../charts/format';
import { runningMean } from '../../charts/compute';
import { LossChart } from '../../charts/loss-chart';
import { Badge, Panel } from '../../kit/feedback';
import { Defined } from '../../kit/tooltip';
import { timeLeft } from '../shell/job-words';
import { LearnedTable } from './learned-table';
import { placeText, spokenText, whatOf } from './learning-words';
import styles from './learning.module.css';
import { recipeDefinitions as about } from './recipe-definitions';

interface Props {
  readonly learning: LearningView;
  readonly etaMs: number | undefined;
}

export function LearningPanel({ learning, etaMs }: Props) {
  const { running, rows, isPaused } = learning;
  // Layers of two kinds are learned one kind after the other: the rows of the present one come first.
  const shown = [...rows].reverse();
  return (
    <div data-testid="learning" data-paused={isPaused}>
      {running !== undefined && (
        <Panel title="Learning" aside={isPaused ? <Badge tone="watch">paused</Badge> : timeLeft(etaMs)}>
          <Running running={running} rows={rows} />
        </Panel>
      )}
      {shown.length > 0 && (
        <Panel title="Finished layers" aside="kept when you cancel">
          <LearnedTable rows={shown} />
        </Panel>
      )}
      <p className="visually-hidden" role="status">
        {spokenText(running, rows, isPaused)}
      </p>
    </div>
  );
}

function Running({ running, rows }: { readonly running: RunningLayer; readonly rows: LearningView['rows'] }) {
  const { kind, layer, place, count, step, steps, curve } = running;
  const isDone = rows.some((r) => r.kind === kind && r.layer === layer);
  const means = runningMean(curve, 8);
  const [first, last] = [means[0]?.[1], means.at(-1)?.[1]];
  const fallen = first !== undefined && last !== undefined && first > 0 && last > 0 ? 10 * Math.log10(last / first) : undefined;
  return (
    <div className={styles.running}>
      <div className={styles.head}>
        <code title={layer}>
          <bdi>{layer}</bdi>
        </code>
        <span>{placeText(running)}</span>
      </div>
      <Segments done={place + (isDone ? 1 : 0)} share={isDone || steps === 0 ? 0 : step / steps} count={count} />
      <div className={styles.numbers}>
        <span>{whatOf(kind)}</span>
        {last === undefined ? (
          <span className={styles.waiting}>{steps === 0 && isDone ? 'done' : 'collecting inputs'}</span>
        ) : (
          <span>
            <Defined definition={about.loss}>loss</Defined> <b>{realText(last)}</b>
            {fallen !== undefined && <small> {fallen > 0 ? `+${dbText(fallen)}` : dbText(fallen)} dB</small>}
          </span>
        )}
      </div>
      <LossChart label={`Loss of ${layer}`} points={curve} steps={steps} />
    </div>
  );
}

/** Few enough to be told apart. */
const MOST_SEGMENTS = 48;

/** One piece a layer; a plain bar where there are too many. Decoration: the numbers beside it say the same. */
function Segments({ done, share, count }: { readonly done: number; readonly share: number; readonly count: number }) {
  const pieces = count > MOST_SEGMENTS ? 1 : count;
  const at = count > MOST_SEGMENTS ? (done + share) / count : done + share;
  return (
    <div className={styles.segments} aria-hidden>
      {Array.from({ length: pieces }, (_, i) => (
        <span key={i}>
          <span style={{ width: `${100 * Math.min(1, Math.max(0, at - i))}%` }} />
        </span>
      ))}
    </div>
  );
}
