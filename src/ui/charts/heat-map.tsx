/**
 * A matrix as crisp pixels on a canvas, diverging about a centre (0, or a zero point), with a read-out.
 * Colours are the tokens --heat-low, --heat-middle and --heat-high as the element computes them.
 */
import { useEffect, useRef, useState } from 'react';
import styles from './charts.module.css';
import { heatPixels, parseRgb } from './heat-colours';
import { realText } from './format';
import { useColourScheme } from './use-colour-scheme';

interface Props {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** height x width, row-major */
  readonly values: ArrayLike<number>;
  readonly centre: number;
  /** Height on the screen, px. */
  readonly displayHeight?: number;
  /** What the read-out says of a cell; its row and column with its value by default. */
  readonly cellText?: (row: number, column: number, value: number) => string;
  /** What the read-out says of nothing in particular. */
  readonly caption?: string;
  /** Largest distance from the centre that colours tell apart; that of the values by default. */
  readonly extent?: number | undefined;
  /** The cell under the pointer, where several pictures share it. */
  readonly hover?: number | undefined;
  readonly onHover?: ((cell: number | undefined) => void) | undefined;
  readonly onPick?: ((row: number, column: number) => void) | undefined;
}

export function HeatMap({
  label,
  width,
  height,
  values,
  centre,
  displayHeight = 96,
  cellText,
  caption,
  extent,
  hover,
  onHover,
  onPick,
}: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useColourScheme();
  const [own, setOwn] = useState<number>();
  const at = onHover === undefined ? own : hover;
  const setAt = onHover ?? setOwn;

  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext('2d');
    if (!element || !pen || width < 1 || height < 1) return;
    // The class gives the three tokens to three properties, so that light-dark() is resolved.
    const style = getComputedStyle(element);
    const low = parseRgb(style.borderLeftColor) ?? [91, 124, 250];
    const middle = parseRgb(style.backgroundColor) ?? [24, 25, 30];
    const high = parseRgb(style.borderRightColor) ?? [240, 124, 60];
    pen.putImageData(new ImageData(heatPixels(values, centre, { low, middle, high }, extent), width, height), 0, 0);
  }, [values, width, height, centre, extent, scheme]);

  const cellAt = (e: {
    readonly clientX: number;
    readonly clientY: number;
    readonly currentTarget: Element;
  }): readonly [number, number] => {
    const box = e.currentTarget.getBoundingClientRect();
    const column = Math.min(width - 1, Math.max(0, Math.floor(((e.clientX - box.left) / box.width) * width)));
    const row = Math.min(height - 1, Math.max(0, Math.floor(((e.clientY - box.top) / box.height) * height)));
    return [row, column];
  };
  const value = at === undefined ? undefined : values[at];
  const spoken = caption ?? `${height} × ${width}`;
  return (
    <div className={styles.chart}>
      <canvas
        ref={canvas}
        className={`${styles.heat} ${onPick === undefined ? '' : styles.clickable}`}
        width={Math.max(1, width)}
        height={Math.max(1, height)}
        style={{ height: displayHeight }}
        role="img"
        aria-label={`${label}, ${height} by ${width}`}
        onPointerMove={(e) => {
          const [row, column] = cellAt(e);
          setAt(row * width + column);
        }}
        onPointerLeave={() => setAt(undefined)}
        onClick={onPick === undefined ? undefined : (e) => onPick(...cellAt(e))}
      />
      <div className={styles.readout} aria-hidden title={spoken}>
        {at === undefined || value === undefined
          ? spoken
          : (cellText?.(Math.floor(at / width), at % width, value) ?? `[${Math.floor(at / width)}, ${at % width}] · ${realText(value)}`)}
      </div>
    </div>
  );
}
