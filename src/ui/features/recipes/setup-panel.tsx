/** What is to be compared: named recipes, at which bits, on which test data; and the button that runs them. */
import { Clock, Gauge, Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { widthsOf, widthsText, type Preset, type Widths } from '../../../core/recipe/preset-recipe';
import { compare, setComparison } from '../../../store/actions/compare';
import { openStep } from '../../../store/actions/view';
import { currentTitle, entriesOf, sameWidths } from '../../../store/comparison';
import { usualWidths } from '../../../store/comparison-slice';
import { shown } from '../../../store/loadable';
import { isCalibrated, isCalibrationStale } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { wholeText } from '../../charts/format';
import { Button, IconButton } from '../../kit/button';
import { Notice, Panel } from '../../kit/feedback';
import { FieldRow, NumberField } from '../../kit/field';
import { StepFrame } from '../../kit/step-frame';
import { DataSource } from '../calibrate/data-source';
import { JobBar } from '../calibrate/job-bar';
import { PreprocessingForm } from '../calibrate/preprocessing-form';
import styles from './setup.module.css';

export function SetupPanel() {
  const presets = useStudio((s) => s.work.presets);
  const algorithms = useStudio((s) => s.work.algorithms);
  const comparing = useStudio((s) => s.work.comparing);
  const chosen = useStudio((s) => s.view.comparison);
  const recipe = useStudio((s) => s.recipe.present);
  const info = useStudio((s) => shown(s.work.data.evaluation));
  const title = currentTitle(recipe, algorithms);
  const entries = useMemo(() => entriesOf(presets, chosen, recipe, title).length, [presets, chosen, recipe, title]);
  const samples = Math.min(info?.samples ?? 0, chosen.samples ?? Infinity);
  return (
    <StepFrame
      title="Compare recipes"
      lead="The same model, calibration and test data, one recipe after the other."
      foot={comparing !== undefined ? <JobBar job="compare" progress={comparing.progress} /> : <Foot entries={entries} />}
    >
      <Panel title="Recipes" aside={<Picks presets={presets} />}>
        <ul className={styles.list}>
          <li>
            <Check
              label={`Current: ${title}, ${widthsText(widthsOf(recipe))}`}
              checked={chosen.current}
              onChange={(current) => setComparison({ current })}
            />
          </li>
          {presets.map((p) => (
            <li key={p.id}>
              <Check
                label={p.title}
                slow={p.learns}
                checked={chosen.presets.includes(p.id)}
                onChange={(on) => setComparison({ presets: on ? [...chosen.presets, p.id] : chosen.presets.filter((id) => id !== p.id) })}
              />
            </li>
          ))}
        </ul>
        <p className={styles.hint}>Everything else they take from the current recipe: rules for layers, arithmetic, corrections.</p>
      </Panel>
      <Panel title="Bits" aside="weights, activations">
        <WidthChoice chosen={chosen.widths} />
      </Panel>
      <Panel title="Test data">
        <DataSource role="evaluation" />
        {info !== undefined && (
          <div className={styles.samples}>
            <FieldRow label="Samples">
              <NumberField
                label="Test samples"
                stepper
                step={100}
                value={samples}
                min={1}
                max={info.samples}
                unit={`of ${wholeText(info.samples)}`}
                onChange={(n) => setComparison({ samples: n >= info.samples ? undefined : n })}
              />
            </FieldRow>
          </div>
        )}
        {info !== undefined && !info.hasLabels && (
          <Notice tone="accent" title="No labels">
            Agreement with the float model is measured, accuracy is not.
          </Notice>
        )}
      </Panel>
      {info?.preprocessing !== undefined && (
        <PreprocessingForm
          key={JSON.stringify([info.name, info.preprocessing])}
          role="evaluation"
          info={info}
          applied={info.preprocessing}
        />
      )}
    </StepFrame>
  );
}

function Foot({ entries }: { readonly entries: number }) {
  const calibrated = useStudio(isCalibrated);
  const dataChanged = useStudio(isCalibrationStale);
  const data = useStudio((s) => s.work.data.evaluation);
  if (!calibrated)
    return (
      <>
        <Button onClick={() => openStep('calibrate')}>{dataChanged ? 'Calibrate again' : 'Calibrate first'}</Button>
        <p className={styles.why}>All recipes share one calibration.</p>
      </>
    );
  const ready = shown(data) !== undefined && data.kind !== 'loading';
  return (
    <>
      <Button
        look="primary"
        icon={<Gauge size={14} aria-hidden />}
        disabled={!ready || entries === 0}
        onClick={() => void compare()}
        data-testid="start-comparison"
      >
        {entries === 1 ? 'Run one recipe' : `Run ${entries} recipes`}
      </Button>
      {!ready && <p className={styles.why}>Choose test data first.</p>}
    </>
  );
}

function Picks({ presets }: { readonly presets: readonly Preset[] }) {
  const pick = (some: readonly Preset[]) => setComparison({ presets: some.map((p) => p.id) });
  return (
    <span className={styles.picks}>
      <Button look="ghost" size="small" onClick={() => pick(presets)}>
        All
      </Button>
      <Button look="ghost" size="small" onClick={() => pick(presets.filter((p) => !p.learns))}>
        Fast
      </Button>
      <Button look="ghost" size="small" onClick={() => pick([])}>
        None
      </Button>
    </span>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly slow?: boolean;
  readonly onChange: (on: boolean) => void;
}

function Check({ label, checked, slow = false, onChange }: CheckProps) {
  return (
    <label className={styles.check}>
      <input type="checkbox" checked={checked} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span title={label}>{label}</span>
      {slow && (
        <span className={styles.slow} title="Learns on the calibration data: takes minutes">
          <Clock size={12} aria-hidden />
          <span className="visually-hidden">slow</span>
        </span>
      )}
    </label>
  );
}

function WidthChoice({ chosen }: { readonly chosen: readonly Widths[] }) {
  const [own, setOwn] = useState<Widths>({ weights: 6, activations: 8, residual: 8 });
  const further = chosen.filter((w) => !usualWidths.some((u) => sameWidths(u, w)));
  const isOn = (w: Widths) => chosen.some((c) => sameWidths(c, w));
  const without = (w: Widths) => chosen.filter((c) => !sameWidths(c, w));
  const set = (widths: readonly Widths[]) => setComparison({ widths });
  return (
    <>
      <div className={styles.chips} role="group" aria-label="Bits to compare">
        {usualWidths.map((w) => (
          <button
            key={widthsText(w)}
            type="button"
            aria-pressed={isOn(w)}
            className={styles.chip}
            onClick={() => set(isOn(w) ? without(w) : [...chosen, w])}
          >
            {widthsText(w)}
          </button>
        ))}
        {further.map((w) => (
          <button key={widthsText(w)} type="button" aria-pressed className={styles.chip} onClick={() => set(without(w))}>
            {widthsText(w)}
            <X size={11} aria-label="remove" />
          </button>
        ))}
      </div>
      <div className={styles.own}>
        {(
          [
            ['weights', 'W', 8],
            ['activations', 'A', 8],
            ['residual', 'R', 16],
          ] as const
        ).map(([key, letter, max]) => (
          <label key={key} title={key === 'residual' ? 'Bits of residual streams' : `Bits of ${key}`}>
            {letter}
            <NumberField label={`Bits of ${key}`} value={own[key]} min={2} max={max} onChange={(bits) => setOwn({ ...own, [key]: bits })} />
          </label>
        ))}
        <IconButton label="Add these bits" size="small" disabled={isOn(own)} onClick={() => set([...chosen, own])}>
          <Plus size={14} aria-hidden />
        </IconButton>
      </div>
    </>
  );
}
