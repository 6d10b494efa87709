/** What the ONNX file says of a layer: attributes, shapes, the nodes behind it and where it lies. */
import type { LayerDetail } from '../../../engine/api';
import { shapeText } from '../../charts/format';
import { CopyButton } from '../../kit/copy-button';
import { Panel } from '../../kit/feedback';
import { Row, RowList } from '../../kit/stat';
import styles from './inspect.module.css';

export function InfoTab({ detail }: { readonly detail: LayerDetail }) {
  const { card, attributes } = detail;
  const entries = Object.entries(attributes);
  return (
    <>
      <Panel title="Layer">
        <RowList>
          <Row label="Operator" value={card.op} />
          {detail.report !== undefined && <Row label="Integer kind" value={detail.report.kind} />}
          {card.tags.length > 0 && <Row label="Fused into it" value={card.tags.join(', ')} />}
          {card.scope.length > 0 && <Row label="Scope" value={card.scope.at(-1)} title={card.scope.join(' / ')} />}
        </RowList>
      </Panel>
      <Panel title="Shapes">
        <RowList>
          {card.inputShapes.map((shape, i) => (
            <Row
              key={i}
              label={card.inputShapes.length === 1 ? 'Input' : `Input ${i + 1}`}
              value={shapeText(shape)}
              title={shapeText(shape)}
            />
          ))}
          {detail.weights !== undefined && <Row label="Weights" value={shapeText(detail.weights.shape)} />}
          <Row label="Output" value={shapeText(card.outputShape)} title={shapeText(card.outputShape)} />
        </RowList>
      </Panel>
      {entries.length > 0 && (
        <Panel title="Attributes" aside={`${entries.length}`}>
          <RowList>
            {entries.map(([name, value]) => (
              <Row key={name} label={name} value={value} title={value} />
            ))}
          </RowList>
        </Panel>
      )}
      {card.sources.length > 0 && (
        <Panel title="ONNX nodes" aside={`${card.sources.length}`}>
          <ul className={styles.sources}>
            {card.sources.map((source) => (
              <li key={source}>
                <code title={source}>{source}</code>
                <CopyButton label={`Copy ${source}`} text={source} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}
