/** What a tab shows while the step that fills it has not run: which step that is, and the button that goes there. */
import { Activity, Binary, MinusCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { openStep } from '../../../store/actions/view';
import { isCalibrated } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { EmptyState } from '../../kit/feedback';
import styles from './inspect.module.css';

interface Props {
  readonly title: string;
  /** What will be here. */
  readonly children: ReactNode;
  /** `conversion` asks for the calibration first where there is none. */
  readonly need: 'calibration' | 'conversion';
}

export function Missing({ title, children, need }: Props) {
  const calibrated = useStudio(isCalibrated);
  const step = need === 'conversion' && calibrated ? 'recipe' : 'calibrate';
  const Icon = step === 'recipe' ? Binary : Activity;
  return (
    <div className={styles.missing} data-testid="missing">
      <EmptyState icon={<Icon size={28} strokeWidth={1.5} aria-hidden />} title={title}>
        <p>{children}</p>
        <Button icon={<Icon size={14} aria-hidden />} onClick={() => openStep(step)}>
          {step === 'recipe' ? 'Go to the recipe' : 'Go to calibration'}
        </Button>
        {need === 'conversion' && !calibrated && <p className={styles.hint}>Calibrate, then convert.</p>}
      </EmptyState>
    </div>
  );
}

/** Something that this kind of layer does not have. */
export function NotHere({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={styles.missing}>
      <EmptyState icon={<MinusCircle size={28} strokeWidth={1.5} aria-hidden />} title={title}>
        <p>{children}</p>
      </EmptyState>
    </div>
  );
}
