/** What is inside a non-linear operator: the exponential of a softmax, the widths of a layer norm, a function's table, an embedding. */
import type { FunctionView } from '../../../engine/api';
import { BitsBar } from '../../charts/bits-bar';
import { ChannelBars } from '../../charts/channel-bars';
import { levelOf } from '../../charts/compute';
import { realText, shareText, wholeText } from '../../charts/format';
import { FunctionChart } from '../../charts/function-chart';
import { Panel } from '../../kit/feedback';
import { Row, RowList, Stat, StatGrid } from '../../kit/stat';
import { Defined } from '../../kit/tooltip';
import { definitions } from './definitions';
import { functionDefinitions as about } from './function-definitions';
import styles from './inspect.module.css';

type Of<K extends FunctionView['kind']> = Extract<FunctionView, { readonly kind: K }>;

export function FunctionPanels({ fn, title }: { readonly fn: FunctionView; readonly title: string }) {
  switch (fn.kind) {
    case 'softmax':
      return <Softmax fn={fn} />;
    case 'layernorm':
      return <LayerNorm fn={fn} />;
    case 'table':
      return <Table fn={fn} title={title} />;
    case 'embedding':
      return <Embedding fn={fn} />;
    default:
      return fn satisfies never;
  }
}

function Formula({ lines }: { readonly lines: readonly string[] }) {
  return (
    <div className={styles.formula}>
      {lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </div>
  );
}

const modeTitles: Readonly<Record<string, string>> = {
  divide: 'one division an element',
  reciprocal: 'one division a row',
  deferred: 'division after the product',
};

function Softmax({ fn }: { readonly fn: Of<'softmax'> }) {
  const { table, inputScale, pb, mode, rows, row, worst, masked, mask } = fn;
  const full = 2 ** pb - 1;
  const last = table.length - 1;
  const formulas: Readonly<Record<string, string>> = {
    divide: `p = (e × ${wholeText(full)} + S/2) ÷ S`,
    deferred: 'y = Σ e × v ÷ Σ e,  in the product',
    reciprocal: `p = (e × R + 2³⁰) ≫ 31,  R = (${wholeText(full)} ≪ 31) ÷ S`,
  };
  const formula = formulas[mode];
  const deferred = mode === 'deferred';
  return (
    <>
      <Panel title="Softmax" aside={modeTitles[mode] ?? mode}>
        <Formula lines={[`e = table[max(q) − q]${deferred ? '' : ',  S = Σ e'}`, ...(formula === undefined ? [] : [formula])]} />
        <h4 className={styles.sub}>
          <Defined definition={about.expTable}>Table of the exponential</Defined>
        </h4>
        <FunctionChart
          label="Table of the exponential"
          x={table.map((_, d) => d)}
          table={table}
          caption={`${wholeText(table.length)} entries · ${deferred ? 8 : 16} bit · down to exp(−${realText(Number((inputScale * last).toPrecision(3)))})`}
          readout={(d) =>
            `${d} below the largest · exp(−${realText(Number((inputScale * d).toPrecision(4)))}) · ${wholeText(table[d] ?? 0)}`
          }
        />
        <div className={styles.gap} />
        <RowList>
          <Row label="Score of one step" value={realText(inputScale)} definition={about.scoreStep} />
          <Row label="Bits of the scores" value={fn.inputBits} definition={definitions.bits} />
          <Row label={deferred ? 'Bits of the exponentials' : 'Bits of the probabilities'} value={pb} definition={about.probabilityBits} />
        </RowList>
      </Panel>
      <Panel title="Rows" aside={`${wholeText(rows)} × ${wholeText(row)} elements`}>
        <StatGrid columns={mask === undefined ? 2 : 3} framed>
          <Stat
            label="Worst row sum"
            value={deferred ? 'exact' : `1 ± ${(100 * worst).toFixed(2)}`}
            unit={deferred ? undefined : '%'}
            level={levelOf(worst, about.rowSum.thresholds)}
            definition={about.rowSum}
          />
          {mask !== undefined && <Stat label="Masked out" value={shareText(mask.share)} definition={about.mask} />}
          <Stat label="Empty rows" value={wholeText(masked)} definition={about.emptyRows} />
        </StatGrid>
        <p className={styles.after}>
          {mask === undefined ? (
            'No mask: every element takes part.'
          ) : (
            <>
              {mask.constant ? 'A constant mask' : 'The mask comes from the input'}: <code>{mask.name}</code>. A masked element has weight 0
              and no part in the maximum.
            </>
          )}
        </p>
      </Panel>
    </>
  );
}

function LayerNorm({ fn }: { readonly fn: Of<'layernorm'> }) {
  const { C, k, f, t, rms, mode, shift, zeroPoint, lo, hi, gain, offset } = fn;
  const squares = f === 0 ? 'Σ c²' : `(Σ c² ≪ ${2 * f})`;
  const shifted = t === 0 ? '' : ` ≫ ${t}`;
  return (
    <>
      <Panel title={rms ? 'RMS normalization' : 'Layer normalization'} aside={modeTitles[mode] ?? mode}>
        <Formula
          lines={[
            rms ? `c = ${wholeText(C)} × (q − z)${shifted}` : `c = (${wholeText(C)} × q − Σ q)${shifted}`,
            `V = ${squares} + E,  D = ⌊√V⌋`,
            mode === 'reciprocal' ? `u = ±(|c| × R + 2³⁰) ≫ 31,  R = 2^${k + f + 31} ÷ D` : `u = ±((|c| ≪ ${k + f}) + D/2) ÷ D`,
            `yq = clamp(${wholeText(zeroPoint)} + ((u × G + H) ≫ ${shift}), ${wholeText(lo)}, ${wholeText(hi)})`,
          ]}
        />
        <h4 className={styles.sub}>
          <Defined definition={about.squares}>Bits of V, the sum of squares</Defined>
        </h4>
        <BitsBar label="Sum of squares" bound={fn.boundBits} seen={undefined} register={64} />
        <div className={styles.gap} />
        <RowList>
          <Row label="Row C" value={wholeText(C)} definition={about.rowLength} />
          <Row label="Precision of u, k" value={k} unit="bit" definition={about.precision} />
          <Row label="Fraction of D, f" value={f} unit="bit" definition={about.fraction} />
          <Row label="Shift of c, t" value={t} unit="bit" definition={about.dropped} />
          <Row label="Epsilon E" value={groupedText(fn.E)} title={fn.E} definition={about.epsilon} />
          <Row label="Shift n" value={shift} definition={definitions.shift} />
        </RowList>
      </Panel>
      <Panel title="Gain and offset" aside={`${wholeText(C)} elements`}>
        <h4 className={`${styles.sub} ${styles.first}`}>
          <Defined definition={about.gain}>Gain G</Defined>
        </h4>
        <ChannelBars label="Gain G per element" noun="element" values={gain} height={40} />
        {offset.some((h) => h !== 0) && (
          <>
            <h4 className={styles.sub}>
              <Defined definition={about.offset}>Offset H</Defined>
            </h4>
            <ChannelBars label="Offset H per element" noun="element" values={offset} height={40} />
          </>
        )}
        <p className={styles.after}>The integers of both are under Integers, G and H.</p>
      </Panel>
    </>
  );
}

function Table({ fn, title }: { readonly fn: Of<'table'>; readonly title: string }) {
  const { x, y, real, entries, offset, outputScale } = fn;
  const error = real?.map((v, i) => ((y[i] ?? 0) - v) / outputScale);
  const worst = error?.reduce((most, e) => Math.max(most, Math.abs(e)), 0);
  const clipped = error?.filter((e) => Math.abs(e) > 0.501).length ?? 0;
  return (
    <Panel title={`${title} as a table`} aside={`${wholeText(entries.length)} entries`}>
      <Formula lines={[offset === 0 ? 'yq = table[q]' : `yq = table[q ${offset < 0 ? '+' : '−'} ${wholeText(Math.abs(offset))}]`]} />
      <div className={styles.gap} />
      <FunctionChart
        label={`${title} as a table`}
        height={error === undefined ? 132 : 176}
        x={x}
        table={y}
        real={real}
        error={error}
        caption={error === undefined ? 'Each step is an entry' : 'Dotted: the function. Below: each entry’s error, ½ step at most'}
        readout={(i) =>
          `${wholeText(offset + i)} → ${wholeText(entries[i] ?? 0)} · ${realText(x[i] ?? 0)} → ${realText(Number((y[i] ?? 0).toPrecision(4)))}` +
          (real?.[i] === undefined ? '' : `, exactly ${realText(real[i])}`)
        }
      />
      <div className={styles.gap} />
      <StatGrid columns={3} framed>
        <Stat
          label="Range in"
          value={`${realText(Number((x[0] ?? 0).toPrecision(3)))} … ${realText(Number((x.at(-1) ?? 0).toPrecision(3)))}`}
          definition={about.tableRange}
        />
        <Stat
          label="Largest error"
          value={worst === undefined ? '–' : realText(Number(worst.toPrecision(2)))}
          unit={worst === undefined ? undefined : 'LSB'}
          level={levelOf(worst, about.tableError.thresholds)}
          definition={about.tableError}
        />
        <Stat label="Clipped entries" value={error === undefined ? '–' : wholeText(clipped)} definition={about.clippedEntries} />
      </StatGrid>
    </Panel>
  );
}

function Embedding({ fn }: { readonly fn: Of<'embedding'> }) {
  return (
    <Panel title="Look-up" aside={`${wholeText(fn.rows)} rows`}>
      <Formula lines={[`yq = table[index],  0 ≤ index < ${wholeText(fn.rows)}`]} />
      <div className={styles.gap} />
      <StatGrid columns={3} framed>
        <Stat label="Rows" value={wholeText(fn.rows)} definition={about.rows} />
        <Stat label="Width" value={wholeText(fn.width)} definition={about.width} />
        <Stat label="Rows used" value={wholeText(fn.used)} definition={about.usedRows} />
      </StatGrid>
      <p className={styles.after}>The rows of the table are the integers: nothing is computed. They are under Integers, x2.</p>
    </Panel>
  );
}

/** A decimal string of any length with thin spaces between its thousands. */
export const groupedText = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, '\u2009');
