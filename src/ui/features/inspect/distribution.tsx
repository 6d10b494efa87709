/** A distribution with its range and its numbers: the same picture for weights, inputs and outputs. */
import type { DistributionView } from '../../../engine/api';
import { levelOf } from '../../charts/compute';
import { countText, realText, shareText } from '../../charts/format';
import { Histogram } from '../../charts/histogram';
import { Badge, Panel } from '../../kit/feedback';
import { Stat, StatGrid } from '../../kit/stat';
import { definitions } from './definitions';
import styles from './inspect.module.css';

export function Distribution({ title, label, view }: { readonly title: string; readonly label: string; readonly view: DistributionView }) {
  const { range, clipped } = view;
  const elements = view.histogram.counts.reduce((a, b) => a + b, 0);
  return (
    <Panel
      title={title}
      aside={
        range === undefined ? undefined : (
          <Badge>
            {range.bits} bit {range.signed ? 'signed' : 'unsigned'}
          </Badge>
        )
      }
    >
      <Histogram label={label} data={view.histogram} range={range} clipped={clipped} />
      <div className={styles.gap} />
      <StatGrid columns={3}>
        <Stat label="mean" value={realText(view.mean)} definition={definitions.mean} />
        <Stat label="std" value={realText(view.std)} definition={definitions.std} />
        <Stat
          label="clipped"
          value={clipped === undefined ? '–' : shareText(clipped)}
          level={levelOf(clipped, definitions.clippedShare.thresholds)}
          definition={definitions.clippedShare}
        />
        <Stat label="min" value={realText(view.min)} definition={definitions.extremes} />
        <Stat label="max" value={realText(view.max)} definition={definitions.extremes} />
        <Stat label="elements" value={countText(elements)} definition={definitions.elements} />
      </StatGrid>
    </Panel>
  );
}
