/** The first step: data, preprocessing, how many samples and what runs them; then what the run has seen. */
import { Activity, ArrowRight, Dices } from 'lucide-react';
import { useState } from 'react';
import type { CalibrationSummary } from '../../../engine/api';
import type { Provider } from '../../../engine/ports';
import { useSyntheticData as loadSyntheticData } from '../../../store/actions/data';
import { calibrate } from '../../../store/actions/steps';
import { openStep } from '../../../store/actions/view';
import { shown } from '../../../store/loadable';
import { isCalibrationStale } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { durationText, wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { CopyButton } from '../../kit/copy-button';
import { Badge, Notice, Panel } from '../../kit/feedback';
import { FieldRow, NumberField } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Row, RowList } from '../../kit/stat';
import { StepFrame } from '../../kit/step-frame';
import { Defined } from '../../kit/tooltip';
import { definitions } from '../inspect/definitions';
import styles from './calibrate.module.css';
import { DataSource } from './data-source';
import { JobBar } from './job-bar';
import { PreprocessingForm } from './preprocessing-form';

const providerNames: Readonly<Record<Provider, string>> = { wasm: 'WASM', webgpu: 'WebGPU' };
const sourceNames: Readonly<Record<string, string>> = { npz: 'arrays', npy: 'arrays', images: 'images', synthetic: 'random numbers' };
const usualSamples = 64;

/** As the runtime's adapter chooses them. */
const threads = (): number => (crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 8) : 1);

export function CalibratePanel() {
  const data = useStudio((s) => s.work.data.calibration);
  const calibration = useStudio((s) => s.work.calibration);
  const providers = useStudio((s) => s.work.providers);
  const [wanted, setWanted] = useState<number>();
  const [chosen, setChosen] = useState<Provider>('wasm');
  const info = shown(data);
  const result = shown(calibration);
  const provider = providers.includes(chosen) ? chosen : 'wasm';
  const samples = Math.min(info?.samples ?? 0, wanted ?? usualSamples);
  const stale = useStudio(isCalibrationStale);
  const running = calibration.kind === 'loading';
  const count = `${wholeText(samples)} ${samples === 1 ? 'sample' : 'samples'}`;
  const start = (
    <Button
      look={result === undefined || stale ? 'primary' : 'plain'}
      icon={<Activity size={14} aria-hidden />}
      disabled={info === undefined || data.kind === 'loading'}
      onClick={() => void calibrate({ samples, provider })}
      data-testid="start-calibration"
    >
      {result === undefined ? `Calibrate${info === undefined ? '' : ` with ${count}`}` : 'Calibrate again'}
    </Button>
  );
  return (
    <StepFrame
      title="Calibrate"
      result={result}
      tools={stale ? <Badge tone="watch">data changed</Badge> : undefined}
      lead="Runs real data through the float model and watches the range of every tensor."
      foot={
        running ? (
          <JobBar job="calibrate" progress={calibration.progress} />
        ) : result === undefined ? (
          <>
            {start}
            {info === undefined && <p className={styles.why}>Choose data first.</p>}
          </>
        ) : stale ? (
          <>
            {start}
            <p className={styles.why}>The data changed after the calibration.</p>
          </>
        ) : (
          <div className={styles.next}>
            {start}
            <Button
              look="primary"
              icon={<ArrowRight size={14} aria-hidden />}
              onClick={() => openStep('recipe')}
              data-testid="on-to-recipe"
            >
              Go on to convert
            </Button>
          </div>
        )
      }
    >
      {result !== undefined && <Result result={result} stale={stale} />}
      <Panel title="Data">
        {info?.kind === 'synthetic' && result?.source !== 'synthetic' && (
          <div className={styles.loud}>
            <Notice tone="bad" title="These are random numbers">
              They have none of the statistics of real inputs. Every step can be tried with them, but the scales are wrong for real data,
              and the export says so.
            </Notice>
          </div>
        )}
        <DataSource role="calibration" />
        {info === undefined && data.kind !== 'loading' && (
          <button type="button" className={styles.synthetic} onClick={() => void loadSyntheticData(usualSamples)} data-testid="synthetic">
            <Dices size={14} aria-hidden />
            <span>
              No data at hand? <b>Use random numbers</b>
              <small>Only to try the steps: the result will not be accurate.</small>
            </span>
          </button>
        )}
      </Panel>
      {info?.preprocessing !== undefined && (
        <PreprocessingForm
          key={JSON.stringify([info.name, info.preprocessing])}
          role="calibration"
          info={info}
          applied={info.preprocessing}
        />
      )}
      <Panel title="Run">
        <FieldRow label={<Defined definition={definitions.samples}>Samples</Defined>}>
          <NumberField
            label="Samples"
            stepper
            value={info === undefined ? usualSamples : samples}
            min={1}
            max={info?.samples ?? usualSamples}
            disabled={info === undefined}
            unit={info === undefined ? undefined : `of ${wholeText(info.samples)}`}
            onChange={setWanted}
          />
        </FieldRow>
        <FieldRow label={<Defined definition={definitions.provider}>Runs on</Defined>}>
          {providers.length > 1 ? (
            <Segmented
              label="Provider"
              value={provider}
              onChange={setChosen}
              items={providers.map((id) => ({ id, title: providerNames[id] }))}
            />
          ) : (
            <span className={styles.fixed}>{providerNames[provider]}</span>
          )}
        </FieldRow>
        {provider === 'wasm' && (
          <FieldRow label={<Defined definition={definitions.threads}>Threads</Defined>}>
            <span className={styles.fixed}>
              {threads()}
              {!crossOriginIsolated && <small>, the page is not isolated</small>}
            </span>
          </FieldRow>
        )}
      </Panel>
    </StepFrame>
  );
}

function Result({ result, stale }: { readonly result: CalibrationSummary; readonly stale: boolean }) {
  return (
    <Panel title="Result" aside={stale ? <Badge tone="watch">of older data</Badge> : <Badge tone="good">calibrated</Badge>}>
      <div data-testid="calibration-result">
        <RowList>
          <Row label="Data" value={sourceNames[result.source] ?? result.source} />
          <Row label="Samples" value={wholeText(result.samples)} definition={definitions.samples} />
          <Row label="Observed tensors" value={wholeText(result.tensors)} definition={definitions.tensors} />
          <Row
            label="Ran on"
            value={providerNames[result.provider]}
            unit={result.provider === 'wasm' ? `${result.threads} ${result.threads === 1 ? 'thread' : 'threads'}` : undefined}
            definition={definitions.provider}
          />
          <Row
            label="Time"
            value={durationText(result.wallMs)}
            unit={`${durationText(result.wallMs / Math.max(1, result.samples))} a sample`}
          />
        </RowList>
        <div className={styles.hash}>
          <Defined definition={definitions.dataHash}>SHA-256</Defined>
          <code title={result.sha256}>{result.sha256}</code>
          <CopyButton label="Copy the SHA-256" text={result.sha256} />
        </div>
        {result.warnings.map((w, i) => (
          <div key={i} className={styles.warning}>
            <Notice tone={w.code.includes('synthetic') ? 'bad' : 'watch'} title={w.message}>
              {w.node ?? w.value}
            </Notice>
          </div>
        ))}
      </div>
    </Panel>
  );
}
