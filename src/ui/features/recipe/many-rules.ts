/**
 * One setting for many layers at once, as rules of the recipe. Law: afterwards the chosen layers have the value and every
 * other layer has what it had; the rules are as few as a name with a `*` allows. Pure.
 */
import type { LayerOverride } from '../../../core/recipe/recipe';
import { globFor, matches, withValue } from './overrides';

export type RuleKey = Exclude<keyof LayerOverride, 'match'>;
type Value<K extends RuleKey> = NonNullable<LayerOverride[K]>;

/** What the rules say of a layer; undefined: nothing, so that the recipe's own value holds. */
export const ruleValue = <K extends RuleKey>(layers: readonly LayerOverride[], layer: string, key: K): LayerOverride[K] | undefined =>
  layers.findLast((l) => l[key] !== undefined && matches(l.match, layer))?.[key];

/** A name with one `*` that means these layers and no other of `all`; undefined where there is none. */
export function globForAll(all: readonly string[], chosen: readonly string[]): string | undefined {
  const [first, ...rest] = chosen;
  if (first === undefined) return undefined;
  if (rest.length === 0) return globFor(first);
  const shortest = Math.min(...chosen.map((c) => c.length));
  let head = 0;
  while (head < shortest && rest.every((c) => c[head] === first[head])) head++;
  let tail = 0;
  while (tail < shortest - head && rest.every((c) => c.at(-1 - tail) === first.at(-1 - tail))) tail++;
  const glob = `${globFor(first.slice(0, head))}*${globFor(first.slice(first.length - tail))}`;
  const wanted = new Set(chosen);
  return all.every((one) => matches(glob, one) === wanted.has(one)) ? glob : undefined;
}

/** `all`: every layer that rules can mean. `usual`: the recipe's own value. `value` undefined: back to that. */
export function withMany<K extends RuleKey>(
  layers: readonly LayerOverride[],
  all: readonly string[],
  chosen: readonly string[],
  key: K,
  value: Value<K> | undefined,
  usual: Value<K>,
): readonly LayerOverride[] {
  const wanted = value ?? usual;
  const inside = new Set(chosen);
  const isOwn = (rule: LayerOverride) => {
    const hit = all.filter((one) => matches(rule.match, one));
    return hit.length > 0 && hit.every((one) => inside.has(one));
  };
  // what only these layers were told before is over
  let next: readonly LayerOverride[] = layers
    .map((rule) => (rule[key] !== undefined && isOwn(rule) ? withValue(rule, key, undefined) : rule))
    .filter((rule, i) => rule === layers[i] || Object.keys(rule).length > 1);
  const missing = chosen.filter((one) => (ruleValue(next, one, key) ?? usual) !== wanted);
  const group = globForAll(all, missing.length === 0 ? [] : chosen) ?? globForAll(all, missing);
  for (const match of missing.length === 0 ? [] : group === undefined ? missing.map(globFor) : [group]) {
    const at = next.findLastIndex((rule) => rule.match === match);
    const later = next.findLastIndex(
      (rule) => rule[key] !== undefined && all.some((one) => matches(match, one) && matches(rule.match, one)),
    );
    next =
      at >= 0 && at >= later
        ? next.map((rule, i) => (i === at ? withValue(rule, key, wanted) : rule))
        : [...next, withValue({ match }, key, wanted)];
  }
  return next;
}
