/** The whole model at a glance, while no layer is selected: numbers, tensors in and out, operators, blocks, islands, warnings. */
import { selectLayer } from '../../../store/actions/view';
import { conversionOf, openModel } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import type { InputInfo, ModelSummary } from '../../../engine/api';
import { levelOf } from '../../charts/compute';
import { countText, countedText } from '../../charts/format';
import { Badge, Notice, Panel } from '../../kit/feedback';
import { Defined } from '../../kit/tooltip';
import { definitions } from '../inspect/definitions';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import { bytesText } from '../open/bytes-text';
import { facts } from './definitions';
import { Rank } from './rank';
import { TrafficMark } from './traffic-mark';
import styles from './overview.module.css';

export function ModelOverview() {
  const model = useStudio(openModel);
  const conversion = useStudio(conversionOf);
  if (model === undefined) return null;
  const { summary } = model;
  const operators = Object.entries(summary.opHistogram).sort((a, b) => b[1] - a[1]);
  const blocks = Object.entries(summary.blocks).sort((a, b) => b[1] - a[1]);
  const islands = conversion?.islands ?? summary.islands;
  return (
    <div data-testid="model-overview">
      <div className={styles.head}>
        <h2 title={summary.name}>{summary.name}</h2>
        <p>
          {bytesText(summary.fileBytes)} · {summary.producer === '' ? 'producer not named' : summary.producer}
        </p>
      </div>
      {conversion !== undefined && (
        <dl className={styles.numbers}>
          <Number
            label="Output SQNR"
            definition={facts.logitsSqnr}
            value={conversion.logitsSqnrDb?.toFixed(1)}
            unit="dB"
            level={levelOf(conversion.logitsSqnrDb, definitions.sqnrDb.thresholds)}
          />
          <Number label="Weights" definition={facts.weightBytes} value={memorySizeText(conversion.weightBytes)} unit="" level="none" />
          <Number
            label="Float islands"
            definition={facts.islands}
            value={String(islands.length)}
            unit=""
            level={islands.length === 0 ? 'good' : 'watch'}
          />
        </dl>
      )}
      <Panel title="Inputs and outputs">
        <Tensors title="in" list={summary.inputs} />
        <Tensors title="out" list={summary.outputs} />
      </Panel>
      <Panel title="Operators" aside={`${countedText(operators.length, 'kind')}, ${countedText(summary.nodes, 'node')}`}>
        <Rank entries={operators} label="Operators" />
      </Panel>
      {blocks.length > 0 && (
        <Panel title="Recognised together" aside="one card each">
          <Rank entries={blocks} label="Recognised together" tone="good" />
        </Panel>
      )}
      <Islands list={islands} />
      <Warnings summary={summary} />
      <Panel title="File">
        <dl className={styles.facts}>
          <Line term="Opset" value={`${summary.opset}, IR version ${summary.irVersion}`} />
          <Line term="Parameters" value={countText(summary.parameters)} />
          <Line term="MACs" value={countText(summary.macs)} />
          <Line term="SHA-256" value={summary.sha256} />
        </dl>
        <TrafficMark />
      </Panel>
    </div>
  );
}

interface NumberProps {
  readonly label: string;
  readonly definition: Parameters<typeof Defined>[0]['definition'];
  readonly value: string | undefined;
  readonly unit: string;
  readonly level: 'good' | 'watch' | 'bad' | 'none';
}

function Number({ label, definition, value, unit, level }: NumberProps) {
  return (
    <div>
      <dt>
        <Defined definition={definition}>{label}</Defined>
      </dt>
      <dd data-level={level}>
        {value ?? '–'} {value !== undefined && unit !== '' && <small>{unit}</small>}
      </dd>
    </div>
  );
}

function Tensors({ title, list }: { readonly title: string; readonly list: readonly InputInfo[] }) {
  return (
    <ul className={styles.tensors}>
      {list.map((t) => {
        const open = t.shape.some((d, i) => d !== t.resolved[i]);
        return (
          <li key={t.name}>
            <span className={styles.way}>{title}</span>
            <span className={styles.tensor} title={t.name}>
              {t.name}
            </span>
            <code title={open ? `In the file: ${t.shape.join('×')}` : undefined}>
              {t.resolved.join('×')} {t.dtype}
            </code>
          </li>
        );
      })}
    </ul>
  );
}

function Islands({ list }: { readonly list: ModelSummary['islands'] }) {
  const card = useStudio((s) => openModel(s)?.graph.cards);
  return (
    <Panel
      title="Float islands"
      aside={<Badge tone={list.length === 0 ? 'good' : 'watch'}>{list.length === 0 ? 'none' : list.length}</Badge>}
    >
      {list.length === 0 ? (
        <p className={styles.note}>Every layer has an integer rule: no float operator between the first quantizer and the outputs.</p>
      ) : (
        <ul className={styles.islands}>
          {list.map((island) => {
            const target = card?.find((c) => c.id === island.node || c.sources.includes(island.node));
            return (
              <li key={island.node}>
                <button type="button" disabled={target === undefined} title={island.node} onClick={() => void selectLayer(target?.id)}>
                  <b>{island.op}</b> <span>{target?.id ?? island.node}</span>
                </button>
                <p>{island.reason}</p>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

function Warnings({ summary }: { readonly summary: ModelSummary }) {
  if (summary.warnings.length === 0) return null;
  return (
    <Panel title="Warnings" aside={<Badge tone="watch">{summary.warnings.length}</Badge>}>
      <div className={styles.warnings}>
        {summary.warnings.slice(0, 30).map((w, i) => (
          <Notice key={i} tone="watch" title={w.message}>
            {w.node !== undefined && <code>{w.node}</code>}
          </Notice>
        ))}
      </div>
    </Panel>
  );
}

function Line({ term, value }: { readonly term: string; readonly value: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd title={value}>{value}</dd>
    </>
  );
}
