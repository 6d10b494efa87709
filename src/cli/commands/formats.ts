/** `formats`: the export formats and their options, as `--export` and `--export-option` take them. */
import type { OptionSpec } from '../../core/quant/quantizer';
import type { CommandSpec } from '../command';
import { pluginFlags } from '../plugins';

export const formats: CommandSpec = {
  usage: 'formats',
  about: 'The export formats and their options',
  flags: [...pluginFlags],
  run(_args, _flags, terminal, { registry: { exporters } }) {
    const result = exporters.map(({ id, title, help, options }) => ({ id, title, help, options }));
    // formats that share their options are told together
    const groups = new Map<readonly OptionSpec[], string[]>();
    for (const e of exporters) if (e.options.length > 0) groups.set(e.options, [...(groups.get(e.options) ?? []), e.id]);
    const options = [...groups].flatMap(([specs, ids]) => [
      '',
      `options of ${ids.join(', ')}:`,
      ...columns(specs.map((s) => [`  ${s.id}=${s.fallback}`, valuesOf(s), s.help])),
    ]);
    terminal.result(result, [...columns(exporters.map((e) => [e.id, e.title, e.help])), ...options]);
    return Promise.resolve(0);
  },
};

function valuesOf({ kind }: OptionSpec): string {
  switch (kind.type) {
    case 'choice':
      return kind.choices.map((c) => c.value).join(', ');
    case 'number':
      return `${kind.min} to ${kind.max}`;
    case 'flag':
      return 'true, false';
    default:
      return kind satisfies never;
  }
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (i: number): number => Math.max(...rows.map((row) => row[i]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(width(i)))
      .join('  ')
      .trimEnd(),
  );
}
