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

type Keep = NonNullable<LayerOverride['keep']>;

/** Where the rules let a layer run: the last one that says so wins. */
export const keptNow = (layers: readonly LayerOverride[], stem: string): Keep =>
  layers.findLast((l) => l.keep !== undefined && matches(l.match, stem))?.keep ?? 'integer';

/** Rules under which this one layer runs so; a rule that then says nothing more is taken away. */
export function withKeep(layers: readonly LayerOverride[], stem: string, keep: Keep): readonly LayerOverride[] {
  const own = globFor(stem);
  const without = layers
    .map((l) => (l.match === own ? withValue(l, 'keep', undefined) : l))
    .filter((l) => l.match !== own || Object.keys(l).length > 1);
  if (keptNow(without, stem) === keep) return without;
  // later than every rule that says otherwise
  const at = without.findLastIndex((l) => l.match === own);
  const asked = without.findLastIndex((l) => l.keep !== undefined && matches(l.match, stem));
  if (at < 0 || at < asked) return [...without, { match: own, keep }];
  return without.map((l, i) => (i === at ? withValue(l, 'keep', keep) : l));
}
