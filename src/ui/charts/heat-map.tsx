/**
 * A matrix as crisp pixels on a canvas, diverging about a centre (0, or a zero point), with a read-out.
 * Colours are the tokens --heat-low, --heat-middle and --heat-high (hex); `theme` redraws on a change.
 */
import { useEffect, useRef, useState } from 'react';
import styles from './charts.module.css';
import { heatPixels, parseHex } from './heat-colours';
import { realText } from './format';

interface Props {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** height x width, row-major */
  readonly values: ArrayLike<number>;
  readonly centre: number;
  readonly theme: string;
  /** Height on the screen, px. */
  readonly displayHeight?: number;
}

export function HeatMap({ label, width, height, values, centre, theme, displayHeight = 96 }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<number>();

  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext('2d');
    if (!element || !pen || width < 1 || height < 1) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => parseHex(style.getPropertyValue(name));
    const low = colour('--heat-low') ?? [91, 124, 250];
    const middle = colour('--heat-middle') ?? [24, 25, 30];
    const high = colour('--heat-high') ?? [240, 124, 60];
    pen.putImageData(new ImageData(heatPixels(values, centre, { low, middle, high }), width, height), 0, 0);
  }, [values, width, height, centre, theme]);

  const value = at === undefined ? undefined : values[at];
  return (
    <div className={styles.chart}>
      <canvas
        ref={canvas}
        className={styles.heat}
        width={width}
        height={height}
        style={{ height: displayHeight }}
        role="img"
        aria-label={`${label}, ${height} by ${width}`}
        onPointerMove={(e) => {
          const box = e.currentTarget.getBoundingClientRect();
          const column = Math.min(width - 1, Math.floor(((e.clientX - box.left) / box.width) * width));
          const row = Math.min(height - 1, Math.floor(((e.clientY - box.top) / box.height) * height));
          setAt(row * width + column);
        }}
        onPointerLeave={() => setAt(undefined)}
      />
      <div className={styles.readout} aria-hidden>
        {at === undefined || value === undefined
          ? `${height} × ${width}`
          : `[${Math.floor(at / width)}, ${at % width}] · ${realText(value)}`}
      </div>
    </div>
  );
}
