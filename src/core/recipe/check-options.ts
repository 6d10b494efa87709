/**
 * Options of quantizers against their specs: every option named belongs to an algorithm that the recipe uses, and its
 * value is one that the spec allows.
 */
import { StudioError } from '../base/errors';
import type { OptionSpec, OptionValues } from '../quant/quantizer';

/** Throws `bad-recipe`. */
export function checkOptions(values: OptionValues, specs: readonly OptionSpec[], target: string): void {
  for (const [id, value] of Object.entries(values)) {
    const spec = specs.find((s) => s.id === id);
    if (!spec) {
      const known = specs.map((s) => s.id).join(', ');
      throw new StudioError({
        code: 'bad-recipe',
        what: `The quantizer of ${target} has no such option`,
        expected: known === '' ? 'no option at all' : known,
        got: id,
      });
    }
    const expected = expectedValue(spec, value);
    if (expected === undefined) continue;
    throw new StudioError({ code: 'bad-recipe', what: `${target}: the option ${id} is not usable`, expected, got: String(value) });
  }
}

/** undefined: the value is allowed; else what would be. */
export function expectedValue({ kind }: OptionSpec, value: number | string | boolean): string | undefined {
  switch (kind.type) {
    case 'number':
      return typeof value === 'number' && value >= kind.min && value <= kind.max ? undefined : `a number from ${kind.min} to ${kind.max}`;
    case 'choice':
      return kind.choices.some((c) => c.value === value) ? undefined : kind.choices.map((c) => c.value).join(' or ');
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    default:
      return kind satisfies never;
  }
}
