/**
 * Mixed precision, in the place of the graph: the sweep and its chart, what the recipe is expected to do, and a table in which
 * the bits of every layer are measured and chosen.
 */
import { ChartScatter, ChevronLeft, FileSpreadsheet, Play, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { sensitivityCsv } from '../../../core/analysis/sensitivity/csv';
import type { CostId, LossId } from '../../../core/analysis/sensitivity/types';
import { runSweep } from '../../../store/actions/bits';
import { showMiddle } from '../../../store/actions/chip';
import { shown } from '../../../store/loadable';
import { saveText } from '../../../store/save-blob';
import { isCalibrationStale } from '../../../store/selectors';
import { errorDetail, undoRecipe, useStudio } from '../../../store/store';
import { Button, IconButton } from '../../kit/button';
import { EmptyState, Notice } from '../../kit/feedback';
import { Segmented } from '../../kit/segmented';
import { JobBar } from '../calibrate/job-bar';
import chip from '../chip/chip.module.css';
import styles from './bits.module.css';
import { BitsChoice } from './bits-choice';
import { BitsTable } from './bits-table';
import { EstimateStats } from './estimate-stats';
import { FrontierChart } from './frontier-chart';
import { useEstimate } from './use-estimate';
import { HintLine } from '../shell/hint-line';

export function BitsView() {
  const sweep = useStudio((s) => s.work.sweep);
  const stale = useStudio(isCalibrationStale);
  const { past } = useStudio((s) => s.recipe);
  const estimate = useEstimate();
  const report = shown(sweep);
  const [weightBits, setWeightBits] = useState<readonly number[]>(report?.weightBits ?? [6, 4, 3, 2]);
  const [activationBits, setActivationBits] = useState<readonly number[]>(report?.activationBits ?? []);
  const [cost, setCost] = useState<CostId>('bytes');
  const [loss, setLoss] = useState<LossId>('kl');
  const nothing = weightBits.length + activationBits.length === 0;
  const undoes = past.at(-1)?.name;
  return (
    <section className={chip.view} aria-label="Mixed precision" data-testid="bits-view">
      <div className={`${chip.bar} ${styles.bar}`} role="toolbar" aria-label="Mixed precision tools">
        <IconButton label="Back to the graph" onClick={() => void showMiddle('graph')} data-testid="show-graph">
          <ChevronLeft size={16} aria-hidden />
        </IconButton>
        <h2>Mixed precision</h2>
        <span className={chip.spacer} />
        <IconButton
          label={undoes === undefined ? 'Undo recipe change' : `Undo: ${undoes}`}
          size="small"
          disabled={past.length === 0}
          onClick={undoRecipe}
          data-testid="undo-bits"
        >
          <Undo2 size={14} aria-hidden />
        </IconButton>
        {report !== undefined && (
          <Button
            size="small"
            icon={<FileSpreadsheet size={13} aria-hidden />}
            onClick={() => saveText(sensitivityCsv(report), 'sensitivity.csv')}
          >
            CSV
          </Button>
        )}
      </div>
      <div className={styles.ask}>
        <BitsChoice label="Weights" value={weightBits} onChange={setWeightBits} />
        <BitsChoice label="Activations" value={activationBits} onChange={setActivationBits} />
        <span className={chip.spacer} />
        {sweep.kind === 'loading' ? (
          <div className={styles.job}>
            <JobBar job="sweep" progress={sweep.progress} />
          </div>
        ) : (
          <Button
            size="small"
            look={report === undefined ? 'primary' : 'plain'}
            icon={<Play size={13} aria-hidden />}
            disabled={nothing || stale}
            title={stale ? 'The data changed after the calibration' : nothing ? 'Choose bits to try' : undefined}
            onClick={() => void runSweep({ weightBits, activationBits, samples: undefined })}
            data-testid="start-sweep"
          >
            {report === undefined ? 'Sweep the layers' : 'Sweep again'}
          </Button>
        )}
      </div>
      {sweep.kind === 'failed' && (
        <Notice tone="bad" title={sweep.error.what}>
          {errorDetail(sweep.error)}
        </Notice>
      )}
      <HintLine place="bits" />
      <div className={chip.scroll}>
        <EstimateStats estimate={estimate.value} swept={report !== undefined} />
        {report === undefined ? (
          <EmptyState icon={<ChartScatter size={28} strokeWidth={1.5} aria-hidden />} title="Which layers bear fewer bits?">
            The sweep gives one layer at a time fewer bits, runs calibration samples through the integer network and measures the logits. It
            runs beside everything else.
          </EmptyState>
        ) : (
          <>
            <div className={styles.chartHead}>
              <h3>Assignments of bits</h3>
              <span className={chip.spacer} />
              <Segmented
                label="Cost"
                value={cost}
                onChange={setCost}
                items={[
                  { id: 'bytes', title: 'Size' },
                  { id: 'bops', title: 'Bit operations' },
                ]}
              />
              <Segmented
                label="Loss"
                value={loss}
                onChange={setLoss}
                items={[
                  { id: 'kl', title: 'KL' },
                  { id: 'noise', title: 'SQNR' },
                ]}
              />
            </div>
            <FrontierChart report={report} cost={cost} loss={loss} estimate={estimate.value} />
            <BitsTable report={report} loss={loss} estimate={estimate.value} />
          </>
        )}
      </div>
    </section>
  );
}
