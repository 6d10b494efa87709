/** What the network costs on a chip, in the place of the graph: memory over the schedule, traffic over memory size, a row per layer. */
import { ChevronLeft, FileSpreadsheet } from 'lucide-react';
import { useEffect } from 'react';
import { hardwareCsv } from '../../../core/analysis/hardware/csv';
import { memorySizeText, parseMemorySize } from '../../../core/analysis/hardware/memory-size';
import { loadHardware, showMiddle } from '../../../store/actions/chip';
import { saveText } from '../../../store/save-blob';
import { hardwareNow } from '../../../store/chip';
import { shown } from '../../../store/loadable';
import { errorDetail, useStudio } from '../../../store/store';
import { countText } from '../../charts/format';
import { Button, IconButton } from '../../kit/button';
import { Notice } from '../../kit/feedback';
import { TextField } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Stat, StatGrid } from '../../kit/stat';
import styles from './chip.module.css';
import { hardwareDefinitions as about } from './hardware-definitions';
import { HardwareTable } from './hardware-table';
import { MemoryChart, SweepChart } from './memory-chart';
import { HintLine } from '../shell/hint-line';

export function HardwareView() {
  const entry = useStudio(hardwareNow);
  const sramBytes = useStudio((s) => s.chip.sramBytes);
  const packing = useStudio((s) => s.chip.packing);
  // After a newer conversion there is no report: it is asked for again.
  useEffect(() => {
    if (entry.kind === 'empty') void loadHardware({});
  }, [entry.kind]);
  const report = shown(entry);
  return (
    <section className={styles.view} aria-label="Hardware" data-testid="hardware-view">
      <div className={styles.bar} role="toolbar" aria-label="Hardware tools">
        <IconButton label="Back to the graph" onClick={() => void showMiddle('graph')} data-testid="show-graph">
          <ChevronLeft size={16} aria-hidden />
        </IconButton>
        <h2>Hardware</h2>
        <span className={styles.spacer} />
        <label className={styles.field}>
          <span>On-chip memory</span>
          <TextField
            label="On-chip memory, such as 512K or 2M"
            value={memorySizeText(sramBytes)}
            onCommit={(text) => {
              const bytes = parseMemorySize(text);
              if (bytes === undefined) return false;
              void loadHardware({ sramBytes: bytes });
              return true;
            }}
          />
        </label>
        <Segmented
          label="Bytes"
          value={packing}
          onChange={(next) => void loadHardware({ packing: next })}
          items={[
            { id: 'packed', title: 'Packed', hint: 'Elements at their bits, densely' },
            { id: 'stored', title: 'Stored', hint: 'Elements in 8, 16, 32 or 64 bits' },
          ]}
        />
        {report !== undefined && (
          <Button
            size="small"
            icon={<FileSpreadsheet size={13} aria-hidden />}
            onClick={() => saveText(hardwareCsv(report), 'hardware.csv')}
          >
            CSV
          </Button>
        )}
      </div>
      <HintLine place="hardware" />
      {entry.kind === 'failed' && (
        <Notice tone="bad" title={entry.error.what}>
          {errorDetail(entry.error)}
        </Notice>
      )}
      {report !== undefined && (
        <>
          <div className={styles.top}>
            <div className={styles.wide}>
              <StatGrid framed columns={6}>
                <Stat label="MACs" value={countText(report.macs)} definition={about.macs} />
                <Stat label="Weights" value={memorySizeText(report.weights[report.packing])} definition={about.weights} />
                <Stat
                  label="Peak activations"
                  value={memorySizeText(report.peak.bytes)}
                  title={report.peak.layer}
                  definition={about.peak}
                />
                <Stat label="DRAM a sample" value={memorySizeText(report.dram.total)} definition={about.dram} />
                <Stat label="Every byte once" value={memorySizeText(report.dram.least)} definition={about.least} />
                <Stat
                  label="Accumulator"
                  value={widest(report.layers, 'seenBits')}
                  unit={`bit, ${widest(report.layers, 'boundBits')} proved`}
                  definition={about.accumulator}
                />
              </StatGrid>
            </div>
            <MemoryChart report={report} />
            <SweepChart report={report} />
          </div>
          <HardwareTable report={report} />
        </>
      )}
    </section>
  );
}

function widest(
  layers: readonly { readonly accumulator: { readonly seenBits: number; readonly boundBits: number } | undefined }[],
  what: 'seenBits' | 'boundBits',
): number {
  return Math.max(0, ...layers.map((l) => l.accumulator?.[what] ?? 0));
}
