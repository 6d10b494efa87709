/** Float, fake-quantized and integer side by side over a data set: how much accuracy the integers cost. */
import { Binary, Gauge } from 'lucide-react';
import { useState } from 'react';
import type { EvaluationReport } from '../../../engine/api';
import { evaluate } from '../../../store/actions/steps';
import { openStep } from '../../../store/actions/view';
import { shown } from '../../../store/loadable';
import { conversionOf } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { levelOf, type Level } from '../../charts/compute';
import { countedText, dbText, durationText, realText, wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { Badge, Notice, Panel } from '../../kit/feedback';
import { FieldRow, NumberField } from '../../kit/field';
import { Stat, StatGrid } from '../../kit/stat';
import { StepFrame } from '../../kit/step-frame';
import { Defined } from '../../kit/tooltip';
import { DataSource } from '../calibrate/data-source';
import { JobBar } from '../calibrate/job-bar';
import { PreprocessingForm } from '../calibrate/preprocessing-form';
import { definitions } from '../inspect/definitions';
import styles from './evaluate.module.css';

export function EvaluatePanel() {
  const data = useStudio((s) => s.work.data.evaluation);
  const calibrationData = useStudio((s) => shown(s.work.data.calibration)?.name);
  const calibrationPreprocessing = useStudio((s) => shown(s.work.data.calibration)?.preprocessing);
  const evaluation = useStudio((s) => s.work.evaluation);
  const converted = useStudio((s) => conversionOf(s) !== undefined);
  const [wanted, setWanted] = useState<number>();
  const info = shown(data);
  const result = shown(evaluation);
  const samples = Math.min(info?.samples ?? 0, wanted ?? Infinity);
  const converting = useStudio((s) => s.work.conversion.kind === 'loading');
  const ready = converted && !converting && info !== undefined && data.kind !== 'loading';
  return (
    <StepFrame
      title="Evaluate"
      result={result}
      lead="Runs data that calibration has not seen through the float and the integer model."
      foot={
        evaluation.kind === 'loading' ? (
          <JobBar job="evaluate" progress={evaluation.progress} />
        ) : converted ? (
          <>
            <Button
              look={result === undefined ? 'primary' : 'plain'}
              icon={<Gauge size={14} aria-hidden />}
              disabled={!ready}
              onClick={() => void evaluate({ samples: samples === info?.samples ? undefined : samples })}
              data-testid="start-evaluation"
            >
              {result !== undefined
                ? 'Evaluate again'
                : info === undefined
                  ? 'Evaluate'
                  : `Evaluate ${wholeText(samples)} ${samples === 1 ? 'sample' : 'samples'}`}
            </Button>
            {info === undefined && <p className={styles.why}>Choose data first.</p>}
          </>
        ) : (
          <>
            <Button icon={<Binary size={14} aria-hidden />} onClick={() => openStep('recipe')}>
              Go to the recipe
            </Button>
            <p className={styles.why}>Integers to evaluate come from the conversion.</p>
          </>
        )
      }
    >
      {result !== undefined && <Report report={result} />}
      <Panel title="Data">
        <DataSource role="evaluation" />
        {info !== undefined && info.name === calibrationData && (
          <div className={styles.notice}>
            <Notice tone="watch" title="The same data as for calibration">
              Ranges were chosen from them, so the result looks better than it is.
            </Notice>
          </div>
        )}
        {info?.preprocessing !== undefined &&
          calibrationPreprocessing !== undefined &&
          JSON.stringify(info.preprocessing) !== JSON.stringify(calibrationPreprocessing) && (
            <div className={styles.notice}>
              <Notice tone="watch" title="Not the preprocessing of the calibration">
                The ranges were chosen for other values. Check scale, mean and std below.
              </Notice>
            </div>
          )}
        {info !== undefined && !info.hasLabels && (
          <div className={styles.notice}>
            <Notice tone="accent" title="No labels">
              Agreement with the float model is measured, accuracy is not. An array y with a whole number a sample gives labels.
            </Notice>
          </div>
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
      <Panel title="Run">
        <FieldRow label="Samples">
          <NumberField
            label="Samples"
            stepper
            value={info === undefined ? undefined : samples}
            min={1}
            max={info?.samples ?? 1}
            disabled={info === undefined}
            unit={info === undefined ? undefined : `of ${wholeText(info.samples)}`}
            onChange={setWanted}
          />
        </FieldRow>
      </Panel>
    </StepFrame>
  );
}

/** Half a point is in the noise of most test sets; a point is the goal of 8 bits. */
const lossLevel = (points: number): Level => (points <= 0.5 ? 'good' : points <= 1 ? 'watch' : 'bad');

function Report({ report }: { readonly report: EvaluationReport }) {
  const paths = [
    { name: 'FP32', text: 'the original model', top1: report.fp32Top1 },
    { name: 'Fake-quantized', text: 'float on the integer grid', top1: report.fakeTop1 },
    { name: 'Integer', text: 'exactly as the chip', top1: report.intTop1 },
  ];
  const sqnr = levelOf(report.logitsSqnrDb, definitions.logitsSqnrDb.thresholds);
  return (
    <Panel
      title="Result"
      aside={
        <Badge>
          {countedText(report.samples, 'sample')} · {durationText(report.wallMs)}
        </Badge>
      }
    >
      <div data-testid="evaluation-result">
        {report.labelled && (
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Path</th>
                <th scope="col">
                  <Defined definition={definitions.top1}>Top-1</Defined>
                </th>
                <th scope="col">to FP32</th>
              </tr>
            </thead>
            <tbody>
              {paths.map(({ name, text, top1 }, i) => {
                const loss = i === 0 || top1 === undefined || report.fp32Top1 === undefined ? undefined : (report.fp32Top1 - top1) * 100;
                return (
                  <tr key={name}>
                    <th scope="row">
                      {name}
                      <small>{text}</small>
                      <i className={styles.track} aria-hidden>
                        <i style={{ width: `${(top1 ?? 0) * 100}%` }} />
                      </i>
                    </th>
                    <td>{top1 === undefined ? '–' : `${(top1 * 100).toFixed(2)} %`}</td>
                    <td className={loss === undefined ? undefined : styles[lossLevel(loss)]}>
                      {loss === undefined ? '' : pointsText(-loss)}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
        <StatGrid framed columns={2}>
          <Stat
            label="Agreement with FP32"
            value={(report.agreement * 100).toFixed(2)}
            unit="%"
            level={levelOf(report.agreement, definitions.agreement.thresholds)}
            definition={definitions.agreement}
          />
          <Stat
            label="Fake = integer"
            value={(report.fakeIntAgreement * 100).toFixed(2)}
            unit="%"
            level={levelOf(report.fakeIntAgreement, definitions.fakeIntAgreement.thresholds)}
            definition={definitions.fakeIntAgreement}
          />
          <Stat
            label="KL divergence"
            value={realText(Number(report.kl.toPrecision(3)))}
            unit="nat"
            level={levelOf(report.kl, definitions.kl.thresholds)}
            definition={definitions.kl}
          />
          <Stat label="Output SQNR" value={dbText(report.logitsSqnrDb)} unit="dB" level={sqnr} definition={definitions.logitsSqnrDb} />
        </StatGrid>
      </div>
    </Panel>
  );
}

/** Percentage points with their sign. */
function pointsText(points: number): string {
  const text = Math.abs(points).toFixed(2);
  return Number(text) === 0 ? '±0.00' : points < 0 ? `−${text}` : `+${text}`;
}
