/**
 * The paths of a conversion side by side, or this conversion and the one before it: the selected layer's output in pictures that
 * share their place, their colours and the pointer; the difference; both distributions; and a row per layer.
 */
import { ChevronLeft, Columns3, Pin, PinOff } from 'lucide-react';
import { useState } from 'react';
import { showMiddle } from '../../../store/actions/chip';
import { compareLayers, pinRun, runs } from '../../../store/actions/compare-runs';
import { conversionOf } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { dbText } from '../../charts/format';
import { Button, IconButton } from '../../kit/button';
import { EmptyState, Notice } from '../../kit/feedback';
import { Select, Switch } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import chip from '../chip/chip.module.css';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import styles from './compare.module.css';
import { CompareTable } from './compare-table';
import { LayerPanes } from './layer-panes';
import { pairs, pairsOf, type CompareMode, type PairId } from './pairs';
import { useAnswer } from './use-answer';
import { HintLine } from '../shell/hint-line';

export function CompareView() {
  const conversion = useStudio(conversionOf);
  const selection = useStudio((s) => s.view.selection);
  const [mode, setMode] = useState<CompareMode>('paths');
  const [chosen, setChosen] = useState<PairId>('float-integer');
  const [onlyChanged, setOnlyChanged] = useState(false);
  const [pins, setPins] = useState(0);
  const pair = mode === 'runs' ? pairs['before-integer'] : pairs[chosen];
  const about = useAnswer(`runs/${pins}`, conversion, runs);
  const hasBefore = about.value?.before !== undefined;
  const layers = useAnswer(mode === 'runs' && !hasBefore ? undefined : pair.id, conversion, () => compareLayers(pair.a, pair.b));
  const rows = layers.value ?? [];
  const layer = rows.find((l) => l.id === selection) ?? (mode === 'runs' ? rows.find((l) => l.changed > 0) : undefined) ?? rows[0];
  const pin = () => {
    void pinRun(about.value?.isPinned !== true).then(() => setPins(pins + 1));
  };
  return (
    <section className={chip.view} aria-label="Compare" data-testid="compare-view">
      <div className={chip.bar} role="toolbar" aria-label="Compare tools">
        <IconButton label="Back to the graph" onClick={() => void showMiddle('graph')} data-testid="show-graph">
          <ChevronLeft size={16} aria-hidden />
        </IconButton>
        <h2>Compare</h2>
        <Segmented
          label="What stands side by side"
          value={mode}
          onChange={setMode}
          items={[
            { id: 'paths', title: 'Paths', hint: 'Float, fake-quantized and integer of this conversion' },
            { id: 'runs', title: 'Runs', hint: 'This conversion and the one before it' },
          ]}
        />
        {mode === 'paths' && (
          <Select label="Difference" value={chosen} onChange={setChosen} items={pairsOf('paths').map(({ id, title }) => ({ id, title }))} />
        )}
        <span className={chip.spacer} />
        {mode === 'runs' && hasBefore && (
          <Button
            size="small"
            icon={about.value.isPinned ? <PinOff size={13} aria-hidden /> : <Pin size={13} aria-hidden />}
            aria-pressed={about.value.isPinned}
            title="A pinned run stays run A when a newer conversion comes"
            onClick={pin}
            data-testid="pin-run"
          >
            {about.value.isPinned ? 'Unpin A' : 'Pin A'}
          </Button>
        )}
        <label className={chip.field}>
          <span>Only changed</span>
          <Switch label="Only changed layers" checked={onlyChanged} onChange={setOnlyChanged} />
        </label>
      </div>
      <HintLine place="compare" />
      <div className={chip.scroll}>
        {mode === 'runs' && hasBefore && (
          <p className={styles.runs} data-testid="runs">
            <b>A</b> {runText(about.value.before)} <span aria-hidden>→</span> <b>B</b> {runText(about.value.now)}
          </p>
        )}
        {mode === 'runs' && !hasBefore ? (
          <EmptyState icon={<Columns3 size={28} strokeWidth={1.5} aria-hidden />} title="There is no run A yet">
            Change the recipe and convert again: the conversion before stays as run A, until a newer one takes its place or it is pinned.
          </EmptyState>
        ) : layers.problem !== undefined ? (
          <Notice tone="watch" title={layers.problem.title}>
            {layers.problem.detail}
          </Notice>
        ) : (
          <>
            {layer !== undefined && <LayerPanes key={layer.id} layer={layer.id} mode={mode} pair={pair} generation={conversion} />}
            <CompareTable rows={onlyChanged ? rows.filter((l) => l.changed > 0) : rows} all={rows.length} shown={layer?.id} />
          </>
        )}
      </div>
    </section>
  );
}

interface Run {
  readonly recipeHash: string;
  readonly weightBytes: number;
  readonly logitsSqnrDb: number | undefined;
}

const runText = (run: Run | undefined): string =>
  run === undefined ? '' : `${dbText(run.logitsSqnrDb)} dB, ${memorySizeText(run.weightBytes)}, recipe ${run.recipeHash.slice(0, 8)}`;
