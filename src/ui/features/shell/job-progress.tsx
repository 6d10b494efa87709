/** What the engine is doing now, in one line: stage, count, time left, and ways to pause and stop it. Opening has its own card. */
import { Pause, Play, X } from 'lucide-react';
import { cancelStep } from '../../../store/actions/steps';
import type { LoadProgress, Loadable } from '../../../store/loadable';
import { isPausable, pauseJobs } from '../../../store/pause';
import type { JobName } from '../../../store/services';
import type { WorkSlice } from '../../../store/state';
import { useStudio } from '../../../store/store';
import { IconButton } from '../../kit/button';
import { countOf, jobTitles, jobWords, layerOf, timeLeft } from './job-words';
import styles from './job-progress.module.css';

interface Running {
  readonly job: Exclude<JobName, 'open'>;
  readonly progress: LoadProgress | undefined;
  /** Where one job runs another again and again: the how manieth it is. */
  readonly of?: string;
}

/** The job that runs; at most one is shown, the latest step first. */
export function runningJob(work: WorkSlice): Running | undefined {
  const jobs: readonly (readonly [Running['job'], Loadable<unknown>])[] = [
    ['project', work.project],
    ['export', work.exported],
    ['evaluate', work.evaluation],
    ['profiles', work.profiles],
    ['sweep', work.sweep],
    ['convert', work.conversion],
    ['calibrate', work.calibration],
    ['data', work.data.calibration],
    ['data', work.data.evaluation],
  ];
  for (const [job, state] of jobs) if (state.kind === 'loading') return { job, progress: state.progress };
  const { comparing } = work;
  if (comparing !== undefined)
    return { job: 'compare', progress: comparing.progress, of: `${comparing.index + 1} of ${comparing.entries.length}` };
  return undefined;
}

export function JobProgress() {
  const work = useStudio((s) => s.work);
  const running = runningJob(work);
  if (running === undefined) return null;
  const { job, progress } = running;
  const paused = work.paused && isPausable(job);
  const label = `${paused ? 'Paused. ' : ''}${jobWords(job, progress?.stage)}`;
  const detail = [running.of, layerOf(progress), countOf(progress), paused ? undefined : timeLeft(progress?.etaMs)]
    .filter((t) => t !== undefined)
    .join(' · ');
  const value = progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  const percent = value === undefined ? undefined : Math.round(Math.min(1, value) * 100);
  return (
    <div className={styles.job} data-testid="job-progress" data-paused={paused}>
      <div className={styles.line}>
        <span className={styles.name}>{label}</span>
        <span className={styles.count}>{detail}</span>
      </div>
      <div
        className={styles.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(percent === undefined ? { 'data-indeterminate': '' } : { 'aria-valuenow': percent })}
      >
        <div style={percent === undefined ? undefined : { width: `${percent}%` }} />
      </div>
      {isPausable(job) && (
        <IconButton
          label={`${paused ? 'Continue' : 'Pause'}: ${jobTitles[job]}`}
          size="small"
          className={styles.pause}
          onClick={() => void pauseJobs(!paused)}
          data-testid="pause-job"
        >
          {paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
        </IconButton>
      )}
      <IconButton
        label={`Cancel: ${jobTitles[job]}`}
        size="small"
        className={styles.cancel}
        onClick={() => cancelStep(job)}
        data-testid="cancel-job"
      >
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
