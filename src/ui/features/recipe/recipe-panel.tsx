/** The second step: the recipe, undoable, and the conversion that it asks for. */
import { Binary, FileArchive, Gauge, Redo2, RotateCcw, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { shortcutText } from '../../../store/actions/action';
import { forgetLearned } from '../../../store/actions/learning';
import { convert } from '../../../store/actions/steps';
import { openStep } from '../../../store/actions/view';
import { shown } from '../../../store/loadable';
import { redoName, undoName } from '../../../store/recipe-history';
import { conversionOf, isCalibrationStale, isStale } from '../../../store/selectors';
import { redoRecipe, resetRecipe, undoRecipe, useStudio } from '../../../store/store';
import { Button, IconButton } from '../../kit/button';
import { Badge, Panel } from '../../kit/feedback';
import { FieldRow, NumberField, Switch } from '../../kit/field';
import { StepFrame } from '../../kit/step-frame';
import { Defined } from '../../kit/tooltip';
import { EstimatePanel } from '../bits/estimate-panel';
import { JobBar } from '../calibrate/job-bar';
import { ArithmeticFields } from './arithmetic-fields';
import { CorrectionFields } from './correction-fields';
import { ConversionResult } from './conversion-result';
import { LearnMemory, LearnOn } from './learn-on';
import { LearningPanel } from './learning-panel';
import { continueText, isWhole } from './learning-words';
import { NonlinearFields } from './nonlinear-fields';
import { OverrideList } from './override-list';
import { ProfilePanel } from './profile-panel';
import { PruningFields } from './pruning-fields';
import { recipeDefinitions as about } from './recipe-definitions';
import styles from './recipe.module.css';
import { SchemeFields } from './scheme-fields';

export function RecipePanel() {
  const history = useStudio((s) => s.recipe);
  const recipe = history.present;
  const [undoes, redoes] = [undoName(history), redoName(history)];
  const conversion = useStudio((s) => s.work.conversion);
  const result = useStudio(conversionOf);
  const stale = useStudio(isStale);
  const dataChanged = useStudio(isCalibrationStale);
  const calibrated = useStudio((s) => shown(s.work.calibration));
  const [sample, setSample] = useState<number>();
  const [strict, setStrict] = useState(false);
  const learning = useStudio((s) => s.work.learning);
  const learned = useStudio((s) => s.work.learned);
  const isLearning = conversion.kind === 'loading' && learning?.running !== undefined;
  const toContinue = continueText(learned);
  const samples = calibrated?.samples ?? 1;
  const sampleIndex = Math.min(samples - 1, sample ?? result?.sampleIndex ?? 0);
  const same = result !== undefined && !stale && result.sampleIndex === sampleIndex;
  const start = () => void convert({ sampleIndex, strict });
  return (
    <StepFrame
      title="Recipe"
      result={isLearning ? 'learning' : result}
      lead="Decides how the float model becomes integers."
      tools={
        <>
          {stale && <Badge tone="watch">changed</Badge>}
          <IconButton
            label={undoes === undefined ? 'Undo' : `Undo: ${undoes}`}
            shortcut={shortcutText('Mod+Z')}
            size="small"
            disabled={undoes === undefined}
            onClick={undoRecipe}
            data-testid="undo-recipe"
          >
            <Undo2 size={14} aria-hidden />
          </IconButton>
          <IconButton
            label={redoes === undefined ? 'Redo' : `Redo: ${redoes}`}
            shortcut={shortcutText('Mod+Shift+Z')}
            size="small"
            disabled={redoes === undefined}
            onClick={redoRecipe}
          >
            <Redo2 size={14} aria-hidden />
          </IconButton>
          <IconButton label="Back to the defaults" size="small" onClick={resetRecipe}>
            <RotateCcw size={14} aria-hidden />
          </IconButton>
        </>
      }
      foot={
        conversion.kind === 'loading' ? (
          <JobBar job="convert" progress={conversion.progress} />
        ) : calibrated === undefined ? (
          <>
            <Button onClick={() => openStep('calibrate')}>Calibrate first</Button>
            <p className={styles.why}>The ranges of activations come from the calibration.</p>
          </>
        ) : dataChanged ? (
          <>
            <Button look="primary" onClick={() => openStep('calibrate')}>
              Calibrate again
            </Button>
            <p className={styles.why}>The data changed after the calibration.</p>
          </>
        ) : (
          <>
            <Button
              look={same ? 'plain' : 'primary'}
              icon={<Binary size={14} aria-hidden />}
              onClick={start}
              data-testid="start-conversion"
            >
              {toContinue ?? (same ? 'Convert again' : 'Convert to integers')}
            </Button>
            {learned !== undefined && !same && (
              <p className={styles.why} data-testid="learned-before">
                {isWhole(learned)
                  ? 'What was learned before with this recipe is used again. '
                  : 'The rest gives the same bytes as without the break. '}
                <button type="button" className={styles.forget} onClick={() => void forgetLearned()}>
                  Learn anew
                </button>
              </p>
            )}
            {same && (
              <div className={styles.nextRow}>
                <Button icon={<Gauge size={14} aria-hidden />} onClick={() => openStep('evaluate')}>
                  Evaluate
                </Button>
                <Button look="primary" icon={<FileArchive size={14} aria-hidden />} onClick={() => openStep('export')}>
                  Export
                </Button>
              </div>
            )}
          </>
        )
      }
    >
      {isLearning && <LearningPanel learning={learning} etaMs={conversion.progress?.etaMs} />}
      {result !== undefined && !isLearning && <ConversionResult result={result} stale={stale} olderData={dataChanged} />}
      <EstimatePanel />
      <SchemeFields recipe={recipe} />
      <PruningFields recipe={recipe} />
      <CorrectionFields recipe={recipe} />
      <NonlinearFields recipe={recipe} />
      <OverrideList recipe={recipe} />
      <ArithmeticFields recipe={recipe} />
      {result !== undefined && <ProfilePanel recipe={recipe} converted={result} />}
      <Panel title="Run">
        <FieldRow label={<Defined definition={about.sampleIndex}>Sample</Defined>}>
          <NumberField
            label="Index of the sample"
            stepper
            value={sampleIndex}
            min={0}
            max={samples - 1}
            unit={`of ${samples}`}
            onChange={setSample}
          />
        </FieldRow>
        <LearnOn />
        <LearnMemory />
        <FieldRow label={<Defined definition={about.strict}>Strict</Defined>}>
          <Switch label="Strict" checked={strict} onChange={setStrict} />
        </FieldRow>
      </Panel>
    </StepFrame>
  );
}
