/** The progress of a step inside its own panel, in the same words as the top bar, with the button that stops it. */
import type { ReactNode } from 'react';
import { cancelStep } from '../../../store/actions/steps';
import type { LoadProgress } from '../../../store/loadable';
import type { JobName } from '../../../store/services';
import { Progress } from '../../kit/feedback';
import { countOf, jobWords, timeLeft } from '../shell/job-words';

interface Props {
  readonly job: JobName;
  readonly progress: LoadProgress | undefined;
  /** Further buttons. */
  readonly children?: ReactNode;
}

export function JobBar({ job, progress, children }: Props) {
  const share = progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  const detail = [countOf(progress), timeLeft(progress?.etaMs)].filter((t) => t !== undefined).join(' · ');
  return (
    <Progress
      label={jobWords(job, progress?.stage)}
      value={share}
      detail={detail === '' ? undefined : detail}
      onCancel={() => cancelStep(job)}
    >
      {children}
    </Progress>
  );
}
