/** The elements of one integer tensor: a slice of it as numbers or as a picture, one cell chosen, and the whole as a file. */
import { Download, Waypoints } from 'lucide-react';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { TensorRefInfo } from '../../../engine/api';
import { nextMismatch, openTrace } from '../../../store/actions/chip';
import { downloadTensor } from '../../../store/actions/inspect';
import { fieldsOf } from '../../../store/run-job';
import { dumpOf } from '../../../store/chip';
import { reportOf } from '../../../store/selectors';
import { errorDetail, useStudio } from '../../../store/store';
import { DumpPanel, DumpPicker } from '../chip/dump-panel';
import { useMarks } from '../chip/use-marks';
import { realText, wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { Notice } from '../../kit/feedback';
import { NumberField, Select, TextField } from '../../kit/field';
import { CopyAs } from './copy-as';
import type { CellPlace } from './move-cell';
import styles from './inspect.module.css';
import { axisNames, firstFixed, indexOf, mostFixed, parseIndex, placeOf, positionOf, sliceOf } from './slice';
import { sliceWindow } from './slice-window';
import { integerRange, realOf } from './tensor-facts';
import { TensorGrid } from './tensor-grid';
import { TensorHeat } from './tensor-heat';
import { tileCache } from './tiles';

interface Props {
  readonly layer: string;
  readonly tensor: TensorRefInfo;
  readonly generation: unknown;
  readonly view: 'grid' | 'heat';
}

export function TensorView({ layer, tensor, generation, view }: Props) {
  const { shape, role } = tensor;
  // inputs of the model and float islands are computed by no op
  const isOp = useStudio((s) => role === 'yq' && reportOf(s, layer) !== undefined);
  const [index, setIndex] = useState<readonly number[]>(() => new Array<number>(firstFixed(shape)).fill(0));
  const [selected, setSelected] = useState<CellPlace>({ row: 0, column: 0 });
  const [problem, setProblem] = useState<string>();
  const slice = sliceOf(shape, index);
  const indexKey = slice.index.join();
  const cache = useMemo(() => {
    void generation;
    const fixed = indexKey === '' ? [] : indexKey.split(',').map(Number);
    return tileCache({ rows: slice.rows, columns: slice.columns }, (w) => sliceWindow(layer, tensor, fixed, w));
  }, [layer, tensor, indexKey, slice.rows, slice.columns, generation]);

  const dump = useStudio((s) => dumpOf(s, layer, role));
  const marks = useMarks(dump, shape, slice);
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
    if (typeof parsed === 'string') {
      setProblem(parsed);
      return false;
    }
    const next = placeOf(shape, parsed, slice.index.length);
    setProblem(undefined);
    setIndex(next.index);
    setSelected(next);
    return true;
  };
  const jump = (by: 1 | -1) => {
    if (dump === undefined) return;
    void nextMismatch(dump.id, positionOf(full, shape), by).then((index) => {
      if (index === undefined) return;
      const next = placeOf(shape, index, slice.index.length);
      setIndex(next.index);
      setSelected(next);
    });
  };
  if (shape.some((n) => n === 0)) return <p className={styles.hint}>This tensor has no elements.</p>;
  return (
    <>
      {mostFixed(shape) > 0 && (
        <div className={styles.sliceBar}>
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
        </div>
      )}
      {error !== undefined && view === 'grid' && (
        <Notice tone="bad" title={fieldsOf(error).what}>
          {errorDetail(fieldsOf(error))}{' '}
          <Button size="small" onClick={cache.retry}>
            Try again
          </Button>
        </Notice>
      )}
      {dump !== undefined && <DumpPanel dump={dump} onNext={jump} />}
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
          marks={marks}
        />
      ) : (
        <TensorHeat
          label={role}
          layer={layer}
          tensor={tensor}
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
              {real !== undefined && <small title={`${real}`}> means {realText(real)}</small>}
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
      {role === 'yq' && dump === undefined && <DumpPicker layer={layer} role={role} />}
      <div className={styles.buttons}>
        {isOp && (
          <Button
            size="small"
            icon={<Waypoints size={13} aria-hidden />}
            onClick={() => void openTrace({ layer, index: full })}
            data-testid="trace-element"
          >
            Trace
          </Button>
        )}
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
        <CopyAs layer={layer} role={role} />
        <span className={styles.hint}>
          {wholeText(shape.reduce((a, b) => a * b, 1))} elements
          {seen !== undefined && `, ${wholeText(seen.min)} to ${wholeText(seen.max)}`}
        </span>
      </div>
    </>
  );
}
