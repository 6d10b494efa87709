/**
 * Options of export formats as they come in: checked against the specs of the format, and read from text (`hex.wordWidth=64`).
 * Everything that is not understood is `bad-usage` and named.
 */
import { StudioError } from '../base/errors';
import type { OptionSpec, OptionValues } from '../quant/quantizer';
import { expectedValue } from '../recipe/check-options';
import { withFallbacks, type Exporter } from './exporter';
import { packingOf, packingOptions } from './packing/packing';
import { exporters } from './registry';

/** Throws `bad-usage`. */
export function exportFormat(id: string, among: readonly Exporter[] = exporters): Exporter {
  const found = among.find((e) => e.id === id);
  if (found) return found;
  throw new StudioError({
    code: 'bad-usage',
    what: 'There is no such export format',
    expected: among.map((e) => e.id).join(', '),
    got: id,
  });
}

/** All options of the format, those that are not given at their fallbacks. Throws `bad-usage`. */
export function exportOptions(format: Exporter, given: OptionValues): OptionValues {
  for (const [id, value] of Object.entries(given)) {
    const spec = specOf(format, id);
    const expected = expectedValue(spec, value);
    if (expected !== undefined) {
      throw new StudioError({ code: 'bad-usage', what: `The option ${format.id}.${id} is not usable`, expected, got: String(value) });
    }
  }
  const all = withFallbacks(format.options, given);
  if (format.options.some((s) => s === packingOptions[0])) packingOf(all);
  return all;
}

function specOf(format: Exporter, id: string): OptionSpec {
  const spec = format.options.find((s) => s.id === id);
  if (spec) return spec;
  throw new StudioError({
    code: 'bad-usage',
    what: `The format ${format.id} has no such option`,
    expected: format.options.map((s) => s.id).join(', ') || 'no option at all',
    got: id,
  });
}

/** Can these be written together, each under its options? Throws `bad-usage`. */
export function checkFormats(
  formats: readonly string[],
  options: Readonly<Record<string, OptionValues>>,
  among: readonly Exporter[] = exporters,
): void {
  for (const id of formats) exportFormat(id, among).check?.(options);
}

/** `['hex.wordWidth=64', 'hex.banks=4']` by format. Every format named must be among `formats`. Throws `bad-usage`. */
export function parseExportOptions(
  texts: readonly string[],
  formats: readonly string[],
  among: readonly Exporter[] = exporters,
): Readonly<Record<string, OptionValues>> {
  const all: Record<string, Record<string, number | string | boolean>> = {};
  for (const text of texts) {
    const parts = /^([a-z0-9_]+)\.([A-Za-z0-9]+)=(.*)$/.exec(text);
    if (!parts) {
      throw new StudioError({
        code: 'bad-usage',
        what: 'An export option is not understood',
        expected: 'for example hex.wordWidth=64',
        got: text,
      });
    }
    const [, id = '', option = '', value = ''] = parts;
    const format = exportFormat(id, among);
    if (!formats.includes(id)) {
      throw new StudioError({
        code: 'bad-usage',
        what: `An option is given for ${id}, which is not exported`,
        got: text,
        todo: `Add ${id} to the exported formats, or leave the option out.`,
      });
    }
    all[id] = { ...all[id], [option]: typed(specOf(format, option), value) };
  }
  for (const [id, values] of Object.entries(all)) exportOptions(exportFormat(id, among), values);
  checkFormats(formats, all, among);
  return all;
}

/** What the spec's kind makes of the text; what it makes nothing of stays text, and is refused with the value named. */
function typed({ kind }: OptionSpec, text: string): number | string | boolean {
  if (kind.type === 'flag') return text === 'true' ? true : text === 'false' ? false : text;
  return kind.type === 'number' && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
