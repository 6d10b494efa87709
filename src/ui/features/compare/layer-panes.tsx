/** The output of one layer along every path, in pictures that share place, colours and pointer; the difference; the distributions. */
import { useState, type KeyboardEvent, type PointerEvent } from 'react';
import { compareLayer, compareWindow } from '../../../store/actions/compare-runs';
import type { ComparedPath, LayerComparison } from '../../../engine/compare-api';
import { dbText, realText, shapeText, shareText, wholeText } from '../../charts/format';
import { HeatMap } from '../../charts/heat-map';
import { OverlayHistogram } from '../../charts/overlay-histogram';
import { NumberField } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { axisNames, firstFixed, indexOf, sliceOf } from '../inspect/slice';
import styles from './compare.module.css';
import { pathsOf, pathTitle, type CompareMode, type Pair } from './pairs';
import { useAnswer } from './use-answer';
import { panBy, windowAt, type ViewWindow } from './view-window';

interface Props {
  readonly layer: string;
  readonly mode: CompareMode;
  readonly pair: Pair;
  readonly generation: unknown;
}

export function LayerPanes({ layer, mode, pair, generation }: Props) {
  const about = useAnswer(`${layer}/${pair.id}`, generation, () => compareLayer(layer, pair.a, pair.b));
  if (about.problem !== undefined) {
    return (
      <p className={styles.problem} role="alert">
        {about.problem.title}. {about.problem.detail}
      </p>
    );
  }
  return about.value === undefined ? (
    <div className={styles.ghost} role="status" aria-label="Comparing the layer" />
  ) : (
    <Panes layer={layer} mode={mode} pair={pair} generation={generation} about={about.value} />
  );
}

const height = 150;

function Panes({ layer, mode, pair, generation, about }: Props & { readonly about: LayerComparison }) {
  const { shape } = about;
  const [index, setIndex] = useState<readonly number[]>(() => new Array<number>(firstFixed(shape)).fill(0));
  const [size, setSize] = useState('0');
  const [corner, setCorner] = useState<readonly [row: number, column: number]>([0, 0]);
  const [hover, setHover] = useState<number>();
  const slice = sliceOf(shape, index);
  const window = windowAt(slice.rows, slice.columns, Number(size), ...corner);
  const names = axisNames('yq', shape.length);
  const pan = (rows: number, columns: number) => {
    const next = windowAt(slice.rows, slice.columns, Number(size), window.row + rows, window.column + columns);
    setCorner([next.row, next.column]);
    setHover(undefined);
  };
  const keys = (e: KeyboardEvent) => {
    const by = panBy(e.key, window);
    if (by === undefined) return;
    e.preventDefault();
    pan(...by);
  };
  const drag = useDrag(window, pan);
  const common = { layer, index: slice.index, window, generation, hover, onHover: setHover };
  const cell = (at: number): string => {
    const [row, column] = [window.row + Math.floor(at / window.columns), window.column + (at % window.columns)];
    return `[${indexOf(shape, slice, row, column).join(', ')}]`;
  };
  const far = Math.max(Math.abs(about.lo), Math.abs(about.hi));
  return (
    <div className={styles.layer}>
      <div className={styles.layerHead}>
        <h3 title={layer}>{layer}</h3>
        <span>{shapeText(shape)}</span>
        <span data-testid="compare-differ">
          {about.changed === 0
            ? 'no element differs'
            : `${wholeText(about.changed)} of ${wholeText(about.elements)} differ, ${shareText(about.changed / about.elements)}`}
        </span>
        <span>
          at most {realText(about.maxAbs)}
          {about.step > 0 && `, ${realText(Number((about.maxAbs / about.step).toPrecision(3)))} steps`}
        </span>
        <span>{about.sqnrDb === undefined ? 'equal' : `${dbText(about.sqnrDb)} dB`}</span>
      </div>
      <div className={styles.place}>
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
        <Segmented
          label="Cells shown"
          dense
          value={size}
          onChange={(next) => {
            setSize(next);
            setHover(undefined);
          }}
          items={[
            { id: '0', title: 'All' },
            { id: '16', title: '16²' },
            { id: '8', title: '8²' },
          ]}
        />
        <span className={styles.window} data-testid="compare-window">
          {window.rows} × {window.columns} from [{window.row}, {window.column}] of {slice.rows} × {slice.columns}
        </span>
      </div>
      <div
        className={styles.panes}
        role="group"
        tabIndex={0}
        aria-label="Pictures of the output; arrow keys and dragging pan all of them"
        onKeyDown={keys}
        {...drag}
        data-testid="compare-panes"
      >
        {pathsOf(mode).map((path) => (
          <Pane key={path} title={pathTitle(path, mode)} paths={[path]} extent={far} cell={cell} {...common} />
        ))}
        <Pane title={`Difference, ${pair.title}`} paths={[pair.a, pair.b]} extent={about.far} cell={cell} {...common} />
      </div>
      <div className={styles.histograms}>
        <OverlayHistogram
          label={`Distributions of ${pathTitle(pair.a, mode)} and ${pathTitle(pair.b, mode)}`}
          a={about.histograms.a}
          b={about.histograms.b}
          names={[pathTitle(pair.a, mode), pathTitle(pair.b, mode)]}
        />
        <OverlayHistogram
          label="Distribution of the difference"
          a={about.histograms.difference}
          names={[`Difference, ${pair.title}`, '']}
        />
      </div>
    </div>
  );
}

interface PaneProps {
  readonly title: string;
  readonly layer: string;
  readonly paths: readonly ComparedPath[];
  readonly index: readonly number[];
  readonly window: ViewWindow;
  readonly generation: unknown;
  readonly extent: number;
  readonly hover: number | undefined;
  readonly onHover: (at: number | undefined) => void;
  readonly cell: (at: number) => string;
}

function Pane({ title, layer, paths, index, window, generation, extent, hover, onHover, cell }: PaneProps) {
  const { row, rows, column, columns } = window;
  const key = [layer, paths.join('-'), index.join(), row, rows, column, columns].join('/');
  const answer = useAnswer(key, generation, () => compareWindow(layer, paths, index, window));
  const { value } = answer;
  return (
    <figure className={styles.pane}>
      <figcaption>{title}</figcaption>
      {answer.problem !== undefined ? (
        <p className={styles.problem}>{answer.problem.title}</p>
      ) : value === undefined ? (
        <div className={styles.ghost} style={{ height }} />
      ) : (
        <HeatMap
          label={title}
          width={value.columns}
          height={value.rows}
          values={value.values}
          centre={0}
          extent={extent}
          displayHeight={height}
          hover={hover !== undefined && hover < value.values.length ? hover : undefined}
          onHover={onHover}
          caption={`±${realText(extent)}`}
          cellText={(r, c, v) => `${cell(r * value.columns + c)} · ${realText(v)}`}
        />
      )}
    </figure>
  );
}

/** Dragging moves the window by whole cells; a picture is about as wide as its window. */
function useDrag(window: ViewWindow, pan: (rows: number, columns: number) => void) {
  const [from, setFrom] = useState<readonly [x: number, y: number]>();
  return {
    onPointerDown: (e: PointerEvent<HTMLElement>) => setFrom([e.clientX, e.clientY]),
    onPointerUp: () => setFrom(undefined),
    onPointerLeave: () => setFrom(undefined),
    onPointerMove: (e: PointerEvent<HTMLElement>) => {
      const picture = e.target instanceof HTMLCanvasElement ? e.target.getBoundingClientRect() : undefined;
      if (from === undefined || picture === undefined) return;
      const across = Math.trunc(((from[0] - e.clientX) / picture.width) * window.columns);
      const down = Math.trunc(((from[1] - e.clientY) / picture.height) * window.rows);
      if (across === 0 && down === 0) return;
      setFrom([e.clientX, e.clientY]);
      pan(down, across);
    },
  };
}
