/** The screen before a model is open: what this is in one glance, a place to drop, samples with their sizes. */
import { Activity, Binary, Boxes, FileArchive, FileDown, Puzzle, Waypoints } from 'lucide-react';
import { useEffect } from 'react';
import { showPlace } from '../../../store/actions/compare';
import { loadSessions } from '../../../store/actions/sessions';
import { openSample } from '../../../store/actions/open';
import { shown } from '../../../store/loadable';
import type { SampleEntry } from '../../../store/state';
import { useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { Notice } from '../../kit/feedback';
import { RecentSessions } from '../project/session-list';
import { TrafficMark } from '../shell/traffic-mark';
import { bytesText } from './bytes-text';
import { Logo } from './logo';
import styles from './open.module.css';
import { pickFiles } from './picker';

const steps = [
  { icon: Boxes, title: 'Open', text: 'See the network as blocks and layers' },
  { icon: Activity, title: 'Calibrate', text: 'Watch real data flow through it' },
  { icon: Binary, title: 'Convert', text: 'Every layer in integers, bit for bit' },
  { icon: FileArchive, title: 'Export', text: 'Tensors, scales and test vectors' },
] as const;

export function StartScreen() {
  const samples = useStudio((s) => s.work.samples);
  const list = shown(samples) ?? [];
  // Who was here before goes on from there; the way through is for who was not.
  const recent = useStudio((s) => (s.work.sessions?.visits.length ?? 0) > 0);
  useEffect(() => {
    void loadSessions();
  }, []);
  return (
    <main className={styles.start} data-testid="start-screen">
      <div className={styles.middle}>
        <header className={styles.head}>
          <div className={styles.brand}>
            <Logo size={28} /> Torch2Chip Studio
          </div>
          <h1>
            Drop a neural network. Take its <em>integers</em> home.
          </h1>
          <p className={styles.lead}>
            Calibrate and convert an ONNX model to integer-only arithmetic, look into every layer, and export each tensor, scale and test
            vector that the chip needs.
          </p>
        </header>
        <div className={styles.columns}>
          <div className={styles.drop}>
            <FileDown size={32} strokeWidth={1.5} className={styles.dropIcon} aria-hidden />
            <div className={styles.dropTitle}>Drop an .onnx or a project anywhere</div>
            <Button look="primary" onClick={pickFiles} data-testid="open-model">
              Open a model…
            </Button>
            <p>Its external data and its calibration data may come along.</p>
          </div>
          <section className={styles.samples} aria-labelledby="samples-title">
            <h2 id="samples-title">Or begin with a sample, data included</h2>
            {list.map((sample) => (
              <Sample key={sample.id} sample={sample} />
            ))}
            {samples.kind === 'failed' && <Notice tone="watch" title={samples.error.what} />}
          </section>
        </div>
        {recent ? (
          <RecentSessions />
        ) : (
          <ol className={styles.steps}>
            {steps.map(({ icon: Icon, title, text }) => (
              <li key={title}>
                <b>
                  <Icon size={15} aria-hidden /> {title}
                </b>
                <span>{text}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
      <p className={styles.foot}>
        Everything runs on this machine. Nothing is uploaded.
        <TrafficMark />
        <Button
          look="ghost"
          size="small"
          icon={<Puzzle size={13} aria-hidden />}
          onClick={() => showPlace('plugins')}
          data-testid="open-plugins"
        >
          Bring your own algorithm
        </Button>
      </p>
    </main>
  );
}

function Sample({ sample }: { readonly sample: SampleEntry }) {
  const images =
    sample.calibrationSamples === undefined
      ? undefined
      : `${sample.calibrationSamples} ${sample.inputShape.length === 4 ? 'images' : 'texts'}`;
  const text = [sample.family, images].filter((d) => d !== undefined).join(' · ');
  return (
    <button type="button" className={styles.sample} onClick={() => void openSample(sample)} data-testid={`sample-${sample.id}`}>
      <span className={styles.sampleMark}>
        <Waypoints size={20} strokeWidth={1.75} aria-hidden />
      </span>
      <span className={styles.sampleMiddle}>
        <span className={styles.sampleTitle}>{sample.title}</span>
        <span className={styles.sampleText} title={text}>
          {text}
        </span>
      </span>
      <span className={styles.sampleSize}>
        {bytesText(sample.modelBytes)}
        {sample.fp32Top1 !== undefined && <span>{(sample.fp32Top1 * 100).toFixed(1)} % top-1</span>}
      </span>
    </button>
  );
}
