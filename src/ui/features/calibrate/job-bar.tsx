/** The progress of a step inside its own panel, in the same words as the top bar, with the buttons that pause and stop it. */
import { Pause, Play } from 'lucide-react';
import { cancelStep } from '../../../store/actions/steps';
import type { LoadProgress } from '../../../store/loadable';
import { isPausable, pauseJobs } from '../../../store/pause';
import type { JobName } from '../../../store/services';
import { useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { Progress } from '../../kit/feedback';
import { countOf, jobWords, timeLeft } from '../shell/job-words';

interface Props {
  readonly job: JobName;
  readonly progress: LoadProgress | undefined;
}

export function JobBar({ job, progress }: Props) {
  const paused = useStudio((s) => s.work.paused);
  const share = progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  const detail = [countOf(progress), timeLeft(progress?.etaMs)].filter((t) => t !== undefined).join(' · ');
  return (
    <Progress
      label={paused && isPausable(job) ? `Paused. ${jobWords(job, progress?.stage)}` : jobWords(job, progress?.stage)}
      value={share}
      detail={detail === '' ? undefined : detail}
      onCancel={() => cancelStep(job)}
    >
      {isPausable(job) && (
        <Button
          size="small"
          look={paused ? 'primary' : 'plain'}
          icon={paused ? <Play size={12} aria-hidden /> : <Pause size={12} aria-hidden />}
          onClick={() => void pauseJobs(!paused)}
          data-testid={`pause-${job}`}
        >
          {paused ? 'Continue' : 'Pause'}
        </Button>
      )}
    </Progress>
  );
}
