/** The right side: what is selected (a layer, a block, or the whole model), or the panel of a step. One row leads to each. */
import { Check, RefreshCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { openStep, selectLayer } from '../../../store/actions/view';
import { shown } from '../../../store/loadable';
import { cardOf, chosenNow, conversionOf, isCalibrated, isCalibrationStale, isConversionStale } from '../../../store/selectors';
import type { State, Step } from '../../../store/state';
import { useStudio } from '../../../store/store';
import { CalibratePanel } from '../calibrate/calibrate-panel';
import { EvaluatePanel } from '../evaluate/evaluate-panel';
import { ExportPanel } from '../export/export-panel';
import { Inspector } from '../inspect/inspector';
import { ManyLayers } from '../recipe/many-layers';
import { RecipePanel } from '../recipe/recipe-panel';
import { BlockOverview } from './block-overview';
import { ModelOverview } from './model-overview';
import styles from './shell.module.css';

export function SidePanel() {
  const step = useStudio((s) => s.view.step);
  const selection = useStudio((s) => s.view.selection);
  const isCard = useStudio((s) => cardOf(s, s.view.selection) !== undefined);
  const many = useStudio((s) => chosenNow(s).length);
  return (
    <section className={styles.side} aria-label="Details" data-testid="details">
      <Steps />
      <div className={styles.sideBody} data-testid={step === undefined ? 'inspector' : `${step}-panel`}>
        {step !== undefined ? (
          panelOf(step)
        ) : selection === undefined ? (
          <ModelOverview />
        ) : many > 1 ? (
          <ManyLayers />
        ) : isCard ? (
          <Inspector />
        ) : (
          <BlockOverview scope={selection} />
        )}
      </div>
    </section>
  );
}

function panelOf(step: Step): ReactNode {
  switch (step) {
    case 'calibrate':
      return <CalibratePanel />;
    case 'recipe':
      return <RecipePanel />;
    case 'evaluate':
      return <EvaluatePanel />;
    case 'export':
      return <ExportPanel />;
    default:
      return step satisfies never;
  }
}

interface StepEntry {
  readonly id: Step;
  readonly title: string;
  readonly done: (s: State) => boolean;
  /** Done, from something that has changed since. */
  readonly stale?: (s: State) => boolean;
}

const steps: readonly StepEntry[] = [
  { id: 'calibrate', title: 'Calibrate', done: isCalibrated, stale: isCalibrationStale },
  { id: 'recipe', title: 'Convert', done: (s) => conversionOf(s) !== undefined && !isConversionStale(s), stale: isConversionStale },
  { id: 'evaluate', title: 'Evaluate', done: (s) => shown(s.work.evaluation) !== undefined },
  { id: 'export', title: 'Export', done: (s) => shown(s.work.exported) !== undefined },
];

function Steps() {
  const step = useStudio((s) => s.view.step);
  const selection = useStudio((s) => s.view.selection);
  const many = useStudio((n) => chosenNow(n).length);
  const look = () => {
    if (step !== undefined) openStep(undefined);
    else void selectLayer(undefined);
  };
  return (
    <nav className={styles.steps} aria-label="Steps">
      <button
        type="button"
        className={styles.step}
        aria-current={step === undefined ? 'page' : undefined}
        onClick={look}
        data-testid="step-inspect"
      >
        {selection === undefined ? 'Model' : many > 1 ? 'Layers' : 'Layer'}
      </button>
      <span className={styles.stepLine} aria-hidden />
      {steps.map((s) => (
        <StepButton key={s.id} {...s} current={step === s.id} />
      ))}
    </nav>
  );
}

const never = () => false;

function StepButton({ id, title, done, stale = never, current }: StepEntry & { readonly current: boolean }) {
  const isDone = useStudio(done);
  const isOld = useStudio(stale);
  return (
    <button
      type="button"
      className={styles.step}
      aria-current={current ? 'step' : undefined}
      onClick={() => openStep(id)}
      data-testid={`step-${id}`}
    >
      {isOld && <RefreshCw size={10} strokeWidth={2.5} className={styles.stepOld} aria-label="Out of date:" />}
      {isDone && <Check size={10} strokeWidth={3} aria-label="Done:" />}
      {title}
    </button>
  );
}
