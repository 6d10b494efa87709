/** The integer tensors of a layer: which one, what its integers mean, and its elements (tensor-view.tsx). */
import { useState } from 'react';
import type { LayerDetail } from '../../../engine/api';
import { realText, shapeText, wholeText } from '../../charts/format';
import { Segmented } from '../../kit/segmented';
import { Stat, StatGrid } from '../../kit/stat';
import { definitions } from './definitions';
import styles from './inspect.module.css';
import { TensorView } from './tensor-view';

const roleNames: Readonly<Record<string, string>> = {
  x1: 'Input',
  x2: 'Second input',
  y: 'Accumulator, bias included',
  yq: 'Output',
  bias: 'Bias, in steps of the accumulator',
  mul: 'Multipliers',
  shift: 'Shifts',
  lut: 'Table',
  mask: 'Mask: 1 takes the element out',
  G: 'Gain, one per element of the row',
  H: 'Offset, one per element of the row',
  index: 'Which multiplier each position has',
  indices: 'Indices',
};

/** `generation` changes with every conversion: what was read before it is thrown away. */
export function IntegersTab({ detail, generation }: { readonly detail: LayerDetail; readonly generation: unknown }) {
  const [wanted, setWanted] = useState('yq');
  const [view, setView] = useState<'grid' | 'heat'>('grid');
  const tensor = detail.tensors.find((t) => t.role === wanted) ?? detail.tensors.find((t) => t.role === 'yq') ?? detail.tensors[0];
  if (tensor === undefined) return null;
  const nameOf = (role: string) => (role === 'x2' && detail.weights !== undefined ? 'Weights' : (roleNames[role] ?? role));
  // Parameters and accumulators stand for themselves.
  const plain =
    (tensor.role === 'lut' && detail.fn?.kind === 'softmax') ||
    (tensor.role === 'x1' && detail.fn?.kind === 'embedding') ||
    ['y', 'bias', 'mul', 'shift', 'rowMul', 'index', 'indices', 'mask', 'G', 'H'].includes(tensor.role);
  return (
    <div className={styles.filled} data-layer={detail.id} data-role={tensor.role}>
      <Segmented
        label="Tensor"
        dense
        value={tensor.role}
        onChange={setWanted}
        items={detail.tensors.map((t) => ({ id: t.role, title: t.role, hint: nameOf(t.role) }))}
      />
      <div className={styles.tensorName}>
        <div title={tensor.name}>
          <b>{nameOf(tensor.role)}</b>
          <code>{tensor.name}</code>
        </div>
        <Segmented
          label="View"
          dense
          value={view}
          onChange={setView}
          items={[
            { id: 'grid', title: 'Grid' },
            { id: 'heat', title: 'Heat' },
          ]}
        />
      </div>
      <StatGrid columns={2} framed>
        <Stat label="Shape" value={shapeText(tensor.shape)} title={shapeText(tensor.shape)} definition={definitions.tensorShape} />
        <Stat
          label="Type"
          value={tensor.dtype}
          unit={`${tensor.bits} bit ${tensor.signed ? 'signed' : 'unsigned'}`}
          definition={definitions.integerType}
        />
        {!plain && (
          <>
            <Stat
              label="Scale"
              value={tensor.scale.length === 1 ? realText(tensor.scale[0] as number) : 'per channel'}
              title={tensor.scale.length === 1 ? String(tensor.scale[0]) : `${tensor.scale.length} scales, under Weights`}
              definition={definitions.scale}
            />
            <Stat label="Zero point" value={wholeText(tensor.zeroPoint)} definition={definitions.zeroPoint} />
          </>
        )}
      </StatGrid>
      <TensorView key={`${detail.id}/${tensor.role}`} layer={detail.id} tensor={tensor} generation={generation} view={view} />
    </div>
  );
}
