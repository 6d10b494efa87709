/** Overrides of single layers in the recipe: which layers a glob means, and changes that keep absent keys absent. Pure. */
import type { LayerOverride } from '../../../core/recipe/recipe';

/** The same answer as the engine's own matching (core/recipe/resolve.ts): `*` any run, `?` one character, the rest literal. */
export function matches(glob: string, stem: string): boolean {
  const source = [...glob].map((c) => (c === '*' ? '[^]*' : c === '?' ? '[^]' : c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))).join('');
  return new RegExp(`^${source}$`).test(stem);
}

/** A glob that means this layer: stems hold no wildcards but by accident, and then `?` stands for them. */
export const globFor = (stem: string): string => stem.replace(/[*?]/g, '?');

/** `undefined` takes the key away: then the model's default holds. */
export function withValue<K extends Exclude<keyof LayerOverride, 'match'>>(
  o: LayerOverride,
  key: K,
  value: LayerOverride[K] | undefined,
): LayerOverride {
  const { [key]: _old, ...rest } = o;
  return value === undefined ? (rest as LayerOverride) : { ...rest, match: o.match, [key]: value }; // `match` is never the key
}
