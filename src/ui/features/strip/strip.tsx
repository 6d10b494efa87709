/** The strip under the graph: all layers as bars, in the network's order or worst first. Choosing a bar goes to the layer. */
import { ArrowDownNarrowWide, Download, Table2, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { shortcutText } from '../../../store/actions/action';
import { saveText } from '../../../store/save-blob';
import { selectLayer, togglePanel } from '../../../store/actions/view';
import { colourNow, conversionOf, isConversionStale, openModel } from '../../../store/selectors';
import { setView, useStudio } from '../../../store/store';
import { BarStrip } from '../../charts/bar-strip';
import { levelOf } from '../../charts/compute';
import { countText, countedText } from '../../charts/format';
import { Legend } from '../../charts/legend';
import { useSize } from '../../charts/use-width';
import { Button, IconButton } from '../../kit/button';
import { Badge, EmptyState } from '../../kit/feedback';
import { Segmented } from '../../kit/segmented';
import { definitions } from '../inspect/definitions';
import { extremeOf, stripItems, stripMetrics, type StripMetric } from './strip-items';
import { LayerTable } from './layer-table';
import { tableCsv, tableRows } from './table-rows';
import styles from './strip.module.css';

/** The read-out under the bars. */
const readoutHeight = 20;

export function Strip() {
  return useStudio((s) => s.view.stripView) === 'table' ? <TableStrip /> : <BarsStrip />;
}

function ViewButtons() {
  const isTable = useStudio((s) => s.view.stripView === 'table');
  return (
    <>
      <IconButton
        label="Layers as a table"
        shortcut="T"
        size="small"
        aria-pressed={isTable}
        onClick={() => setView({ stripView: isTable ? 'bars' : 'table' })}
        data-testid="strip-table"
      >
        <Table2 size={15} aria-hidden />
      </IconButton>
      <IconButton label="Hide the strip" shortcut={shortcutText('Mod+J')} size="small" onClick={() => togglePanel('strip')}>
        <X size={15} aria-hidden />
      </IconButton>
    </>
  );
}

function TableStrip() {
  const model = useStudio(openModel);
  const conversion = useStudio(conversionOf);
  const query = useStudio((s) => s.view.treeQuery);
  const stale = useStudio(isConversionStale);
  const save = () => {
    const csv = tableCsv(tableRows(model?.graph.cards ?? [], conversion?.layers));
    saveText(csv, `${model?.summary.name ?? 'layers'}-layers.csv`);
  };
  return (
    <section className={styles.strip} aria-label="Layers and their numbers" data-testid="strip">
      <div className={styles.head}>
        <h2>Layers</h2>
        {query.trim() !== '' && (
          <span className={styles.summary}>
            that match <b>{query}</b>
          </span>
        )}
        {stale && <Badge tone="watch">stale</Badge>}
        <span className={styles.spacer} />
        <Button look="ghost" size="small" onClick={save} icon={<Download size={13} aria-hidden />} data-testid="layers-csv">
          CSV
        </Button>
        <ViewButtons />
      </div>
      <LayerTable />
    </section>
  );
}

function BarsStrip() {
  const model = useStudio(openModel);
  const conversion = useStudio(conversionOf);
  const stale = useStudio(isConversionStale);
  const sorted = useStudio((s) => s.view.stripSorted);
  const selection = useStudio((s) => s.view.selection);
  // The graph above has the same legend in its foot then.
  const legendAbove = useStudio((s) => colourNow(s) === 'sqnr');
  const [chosen, setChosen] = useState<StripMetric>();
  const { ref, height } = useSize<HTMLDivElement>();
  const converted = conversion !== undefined;
  const metric = chosen === undefined || (chosen === 'sqnr' && !converted) ? (converted ? 'sqnr' : 'macs') : chosen;
  const items = useMemo(
    () => (model === undefined ? [] : stripItems(model.graph.cards, conversion?.layers, metric)),
    [model, conversion, metric],
  );
  const { title, unit } = stripMetrics[metric];
  const thresholds = metric === 'sqnr' ? definitions.sqnrDb.thresholds : undefined;
  const extreme = extremeOf(items, metric);
  const level = levelOf(extreme?.value, thresholds);
  const valueText = (value: number) => (metric === 'sqnr' ? `${value.toFixed(1)} dB` : countText(value));
  return (
    <section className={styles.strip} aria-label={title} data-testid="strip">
      <div className={styles.head}>
        <h2>{title}</h2>
        {extreme?.value !== undefined && (
          <span className={styles.summary}>
            <span className={styles.count}>{countedText(items.length, 'layer')} · </span>
            {metric === 'sqnr' ? 'worst' : 'most'}{' '}
            <button type="button" title={extreme.name} onClick={() => void selectLayer(extreme.id)} data-testid="strip-extreme">
              <b data-level={level}>{valueText(extreme.value)}</b> {/* Its end tells it apart: it is cut in front. */}
              <span>
                <bdi>{extreme.id}</bdi>
              </span>
            </button>
          </span>
        )}
        {stale && metric === 'sqnr' && (
          <span title="The recipe or the data changed after these were measured">
            <Badge tone="watch">stale</Badge>
          </span>
        )}
        <span className={styles.spacer} />
        <span className={styles.legend}>{thresholds !== undefined && !legendAbove && <Legend thresholds={thresholds} unit="dB" />}</span>
        <Segmented
          label="Number of the strip"
          value={metric}
          onChange={setChosen}
          items={(['sqnr', 'macs', 'parameters'] as const).map((id) => ({
            id,
            title: stripMetrics[id].short,
            disabled: id === 'sqnr' && !converted,
          }))}
        />
        <IconButton
          label={metric === 'sqnr' ? 'Worst first' : 'Least first'}
          size="small"
          aria-pressed={sorted}
          onClick={() => setView({ stripSorted: !sorted })}
          data-testid="strip-sort"
        >
          <ArrowDownNarrowWide size={15} aria-hidden />
        </IconButton>
        <ViewButtons />
      </div>
      <div ref={ref} className={styles.chart}>
        {items.length === 0 ? (
          <EmptyState title="No layer has this number" />
        ) : (
          <BarStrip
            label={title}
            items={items}
            unit={unit}
            {...(metric === 'sqnr' ? {} : { format: countText })}
            thresholds={thresholds}
            sorted={sorted}
            selected={selection}
            onSelect={(id) => void selectLayer(id)}
            height={Math.max(40, height - readoutHeight)}
          />
        )}
      </div>
    </section>
  );
}
