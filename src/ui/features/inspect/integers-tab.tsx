/** The integer tensors of a layer: which one, which slice of it, as numbers or as a picture, and as files to take home. */
import { Download } from 'lucide-react';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { LayerDetail, TensorRefInfo } from '../../../engine/api';
import { downloadTensor, tensorWindow } from '../../../store/actions/inspect';
import { errorDetail } from '../../../store/store';
import { fieldsOf } from '../../../store/run-job';
import { realText, shapeText, wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { Notice } from '../../kit/feedback';
import { NumberField, Select, TextField } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Stat, StatGrid } from '../../kit/stat';
import { definitions } from './definitions';
import type { CellPlace } from './move-cell';
import styles from './inspect.module.css';
import { axisNames, firstFixed, indexOf, mostFixed, parseIndex, placeOf, sliceOf } from './slice';
import { integerRange, realOf } from './tensor-facts';
import { TensorGrid } from './tensor-grid';
import { TensorHeat } from './tensor-heat';
import { tileCache } from './tiles';

const roleNames: Readonly<Record<string, string>> = {
  x1: 'Input',
  x2: 'Weights, or the second input',
  y: 'Accumulator, bias included',
  yq: 'Output',
  bias: 'Bias in accumulator units',
  mul: 'Multipliers',
  shift: 'Shifts',
  lut: 'Table',
};

/** `generation` changes with every conversion: what was read before it is thrown away. */
export function IntegersTab({ detail, generation }: { readonly detail: LayerDetail; readonly generation: unknown }) {
  const [wanted, setWanted] = useState('yq');
  const tensor = detail.tensors.find((t) => t.role === wanted) ?? detail.tensors.find((t) => t.role === 'yq') ?? detail.tensors[0];
  if (tensor === undefined) return null;
  const range = integerRange(tensor);
  return (
    <div className={styles.section}>
      <Segmented
        label="Tensor"
        dense
        value={tensor.role}
        onChange={setWanted}
        items={detail.tensors.map((t) => ({ id: t.role, title: t.role, hint: roleNames[t.role] ?? t.role }))}
      />
      <div className={styles.tensorName} title={tensor.name}>
        <b>{roleNames[tensor.role] ?? tensor.role}</b>
        <code>{tensor.name}</code>
      </div>
      <StatGrid columns={2} framed>
        <Stat
          label="Type"
          value={tensor.dtype}
          unit={`${tensor.bits} bit ${tensor.signed ? 'signed' : 'unsigned'}`}
          definition={definitions.bits}
        />
        <Stat label="Shape" value={shapeText(tensor.shape)} title={shapeText(tensor.shape)} definition={definitions.outputShape} />
        <Stat
          label="Scale"
          value={
            tensor.scale.length === 1
              ? realText(tensor.scale[0] as number)
              : tensor.scale.length === 0
                ? '–'
                : `${tensor.scale.length} channels`
          }
          definition={definitions.scale}
        />
        <Stat
          label="Zero point"
          value={wholeText(tensor.zeroPoint)}
          unit={`${wholeText(range.lo)}…${wholeText(range.hi)}`}
          definition={definitions.zeroPoint}
        />
      </StatGrid>
      <TensorView key={`${detail.id}/${tensor.role}`} layer={detail.id} tensor={tensor} generation={generation} />
    </div>
  );
}

function TensorView({
  layer,
  tensor,
  generation,
}: {
  readonly layer: string;
  readonly tensor: TensorRefInfo;
  readonly generation: unknown;
}) {
  const { shape, role } = tensor;
  const [index, setIndex] = useState<readonly number[]>(() => new Array<number>(firstFixed(shape)).fill(0));
  const [selected, setSelected] = useState<CellPlace>({ row: 0, column: 0 });
  const [view, setView] = useState<'grid' | 'heat'>('grid');
  const [problem, setProblem] = useState<string>();
  const slice = sliceOf(shape, index);
  const indexKey = slice.index.join();
  const cache = useMemo(() => {
    void generation;
    const fixed = indexKey === '' ? [] : indexKey.split(',').map(Number);
    return tileCache({ rows: slice.rows, columns: slice.columns }, (w) => tensorWindow(layer, role, fixed, w));
  }, [layer, role, indexKey, slice.rows, slice.columns, generation]);

  const version = useSyncExternalStore(cache.subscribe, cache.version);

  const names = axisNames(role, shape.length);
  const seen = cache.seen();
  const range = seen === undefined ? integerRange(tensor) : { lo: seen.min, hi: seen.max };
  const place: CellPlace = { row: Math.min(selected.row, slice.rows - 1), column: Math.min(selected.column, slice.columns - 1) };
  const full = indexOf(shape, slice, place.row, place.column);
  const value = cache.cell(place.row, place.column);
  const real = typeof value === 'number' ? realOf(tensor, full, value) : undefined;
  const error = cache.error();
  // The chosen cell has its number below also where the picture is shown.
  useEffect(() => {
    cache.want({ row: place.row, rows: 1, column: place.column, columns: 1 });
  }, [cache, version, place.row, place.column]);
  const go = (text: string) => {
    const parsed = parseIndex(text, shape);
    if (typeof parsed === 'string') return setProblem(parsed);
    const next = placeOf(shape, parsed, slice.index.length);
    setProblem(undefined);
    setIndex(next.index);
    setSelected(next);
  };
  if (shape.some((n) => n === 0)) return <p className={styles.hint}>This tensor has no elements.</p>;
  return (
    <>
      <div className={styles.sliceBar}>
        {mostFixed(shape) > 0 && (
          <Select
            label="Rows and columns"
            value={String(slice.index.length)}
            onChange={(next) => {
              const to = placeOf(shape, full, Number(next));
              setIndex(to.index);
              setSelected(to);
            }}
            items={Array.from({ length: mostFixed(shape) + 1 }, (_, fixed) => ({
              id: String(fixed),
              title: `${names[fixed]} × ${names.slice(fixed + 1).join('·')}`,
            })).reverse()}
          />
        )}
        {slice.index.map((at, axis) =>
          shape[axis] === 1 ? null : (
            <label key={axis} className={styles.axis}>
              <span>{names[axis]}</span>
              <NumberField
                label={`Index of ${names[axis]}, 0 to ${(shape[axis] as number) - 1}`}
                stepper
                value={at}
                min={0}
                max={(shape[axis] as number) - 1}
                onChange={(next) => setIndex(slice.index.map((old, i) => (i === axis ? next : old)))}
              />
            </label>
          ),
        )}
        <span className={styles.grow} />
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
      {error !== undefined && view === 'grid' && (
        <Notice tone="bad" title={fieldsOf(error).what}>
          {errorDetail(fieldsOf(error))}{' '}
          <Button size="small" onClick={cache.retry}>
            Try again
          </Button>
        </Notice>
      )}
      {view === 'grid' ? (
        <TensorGrid
          label={`${role}, ${slice.rows} by ${slice.columns}`}
          cache={cache}
          rows={slice.rows}
          columns={slice.columns}
          digits={Math.max(wholeText(range.lo).length, wholeText(range.hi).length)}
          centre={tensor.zeroPoint}
          extent={Math.max(range.hi - tensor.zeroPoint, tensor.zeroPoint - range.lo)}
          selected={place}
          onSelect={setSelected}
        />
      ) : (
        <TensorHeat
          label={role}
          layer={layer}
          role={role}
          slice={slice}
          centre={tensor.zeroPoint}
          selected={place}
          onSelect={setSelected}
        />
      )}
      <div className={styles.goRow}>
        <TextField
          label="Go to an index"
          placeholder={shape.map(() => '0').join(', ') || '0'}
          value={full.join(', ')}
          problem={problem}
          onType={() => setProblem(undefined)}
          onCommit={go}
        />
        <output className={styles.cellValue} data-testid="cell-value">
          {typeof value === 'number' ? (
            <>
              = <b>{wholeText(value)}</b>
              {real !== undefined && <small title={`${real}`}> ≙ {realText(real)}</small>}
            </>
          ) : (
            '…'
          )}
        </output>
      </div>
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={styles.buttons}>
        <Button
          size="small"
          icon={<Download size={13} aria-hidden />}
          onClick={() => void downloadTensor(layer, role, 'npy')}
          data-testid="download-npy"
        >
          .npy
        </Button>
        <Button
          size="small"
          icon={<Download size={13} aria-hidden />}
          onClick={() => void downloadTensor(layer, role, 'mem')}
          data-testid="download-mem"
        >
          .mem
        </Button>
        <span className={styles.hint}>whole tensor, {wholeText(shape.reduce((a, b) => a * b, 1))} elements</span>
      </div>
    </>
  );
}
