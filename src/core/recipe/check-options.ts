/**
 * Options of quantizers against their specs: every option named belongs to an algorithm that the recipe uses, and its
 * value is one that the spec allows.
 */
import { StudioError } from '../base/errors';
import type { OptionSpec, OptionValues } from '../quant/quantizer';

/** Throws `bad-recipe`. */
export function checkOptions(values: OptionValues, specs: readonly OptionSpec[], target: string): void {
  for (const [id, value] of Object.entries(values)) {
    // algorithms of single layers may have an option of the same name: the value is for all of them
    const mine = specs.filter((s) => s.id === id);
    if (mine.length === 0) {
      const known = specs.map((s) => s.id).join(', ');
      throw new StudioError({
        code: 'bad-recipe',
        what: target === 'pruning' ? 'Pruning has no such option' : `The quantizer of ${target} has no such option`,
        expected: known === '' ? 'no option at all' : known,
        got: id,
      });
    }
    const [expected] = mine.flatMap((spec) => expectedValue(spec, value) ?? []);
    if (expected === undefined) continue;
    throw new StudioError({ code: 'bad-recipe', what: `${target}: the option ${id} is not usable`, expected, got: String(value) });
  }
}

/** Steps of whole numbers are of something that is counted. */
const takesWholeNumbers = ({ step }: { readonly step: number }): boolean => step % 1 === 0;

/** undefined: the value is allowed; else what would be. */
export function expectedValue({ kind }: OptionSpec, value: number | string | boolean): string | undefined {
  switch (kind.type) {
    case 'number': {
      const isWhole = takesWholeNumbers(kind);
      const isAllowed = typeof value === 'number' && value >= kind.min && value <= kind.max && (!isWhole || Number.isInteger(value));
      return isAllowed ? undefined : `a ${isWhole ? 'whole ' : ''}number from ${kind.min} to ${kind.max}`;
    }
    case 'choice':
      return kind.choices.some((c) => c.value === value) ? undefined : kind.choices.map((c) => c.value).join(' or ');
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    default:
      return kind satisfies never;
  }
}
