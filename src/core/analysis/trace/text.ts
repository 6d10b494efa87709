/** A trace as text: decimal, hexadecimal and binary (two's complement in the width of each number), for people and for the clipboard. */
import type { Trace, TraceTerm, TraceWord } from './types';

export function decimalText({ value }: TraceWord): string {
  return String(value);
}

export function hexText({ value, bits }: TraceWord): string {
  return `0x${BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(Math.ceil(bits / 4), '0')}`;
}

/** In groups of four from the right. */
export function binaryText({ value, bits }: TraceWord): string {
  const digits = BigInt.asUintN(bits, value).toString(2).padStart(bits, '0');
  return digits.replace(/(?=(\d{4})+$)(?!^)/g, '_');
}

/** Rows in order, or those that contribute most first; equal ones stay in order. */
export function orderedTerms(trace: Trace, order: 'index' | 'size'): readonly number[] {
  const terms = trace.terms;
  if (!terms) return [];
  const rows = terms.rows.map((_, i) => i);
  if (order === 'index') return rows;
  const size = (i: number): bigint => {
    const v = (terms.rows[i] as TraceTerm).values[terms.weighty] ?? 0n;
    return v < 0n ? -v : v;
  };
  const sizes = rows.map(size);
  return rows.sort((a, b) => {
    const [p, q] = [sizes[a] as bigint, sizes[b] as bigint];
    return p === q ? a - b : p > q ? -1 : 1;
  });
}

const place = (at: readonly number[] | undefined): string => (at === undefined ? 'padding' : `[${at.join(', ')}]`);

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padStart(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** The whole trace. `terms`: how many rows of the table at most; the rest is counted. */
export function traceText(trace: Trace, options: { readonly order: 'index' | 'size'; readonly terms?: number }): string {
  const { terms } = trace;
  const lines = [
    `${trace.op} (${trace.kind}): ${trace.output}[${trace.index.join(', ')}] of [${trace.shape.join(', ')}], position ${trace.position}`,
    trace.formula,
    '',
  ];
  if (terms) {
    const all = orderedTerms(trace, options.order);
    const shown = all.slice(0, options.terms ?? all.length);
    const byRole = trace.operands.map((o) => o.value).join(' × ');
    lines.push(`${terms.title}: ${terms.rows.length}, of ${byRole}${options.order === 'size' ? ', the largest first' : ''}`);
    const head = [...trace.operands.slice(0, terms.rows[0]?.at.length ?? 0).map((o) => o.role), ...terms.columns.map((c) => c.symbol), ''];
    const body = shown.map((i) => {
      const row = terms.rows[i] as TraceTerm;
      return [...row.at.map(place), ...row.values.map(String), row.mark === undefined ? '' : row.mark === 'self' ? '<' : row.mark];
    });
    lines.push(...columns([head, ...body]));
    if (shown.length < all.length) lines.push(`and ${all.length - shown.length} more`);
    lines.push('');
  }
  const rows = trace.lines.map((l) => [l.symbol, decimalText(l), hexText(l), binaryText(l), `${l.bits} bit${l.signed ? '' : ' unsigned'}`]);
  const numbers = columns([['', 'decimal', 'hex', 'binary', ''], ...rows]);
  const width = Math.max(...numbers.map((n) => n.length));
  const said = trace.lines.map((l) => {
    const from = l.from && `${l.from.value}[${l.from.index.join(', ')}]`;
    return [l.formula, l.title, from].filter((part) => part !== undefined).join(' | ');
  });
  lines.push(numbers[0] as string, ...said.map((text, i) => `${(numbers[i + 1] as string).padEnd(width)}  ${text}`));
  return `${lines.join('\n')}\n`;
}

/** As JSON has no integers of 64 bits: numbers as decimal text. */
export function traceJson(trace: Trace): object {
  // a Trace holds plain data only
  return JSON.parse(JSON.stringify(trace, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))) as object;
}
