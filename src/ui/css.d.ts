/** Custom properties may stand in `style`. */
import 'react';

declare module 'react' {
  interface CSSProperties {
    readonly [custom: `--${string}`]: string | number | undefined;
  }
}
