/**
 * What a change of the recipe is called: `4-bit weights in layer1.conv1`, for undo, redo and their menus. Told from the two
 * recipes alone, so that every way of changing one has a name. Pure.
 */
import type { LayerOverride, Recipe } from '../core/recipe/recipe';

/** What the engine's lists call an id: a quantizer, a correction, an option of non-linear operators. */
export type TitleOf = (target: 'weights' | 'activations' | 'pruning' | 'corrections' | 'nonlinear', id: string) => string;

/** More than this many parts are counted. */
const most = 2;

export function describeChange(before: Recipe, after: Recipe, titleOf: TitleOf): string {
  const parts = [
    ...schemes(before, after, titleOf),
    ...(before.residualBits === after.residualBits ? [] : [`${after.residualBits}-bit residual streams`]),
    ...(before.outputBits === after.outputBits ? [] : [`${after.outputBits}-bit outputs`]),
    ...(before.edges8 === after.edges8 ? [] : [after.edges8 ? 'first and last layer at 8 bits' : 'no 8 bits for first and last layer']),
    ...pruning(before, after, titleOf),
    ...corrections(before, after, titleOf),
    ...layers(before.layers, after.layers, titleOf),
    ...arithmetic(before.arithmetic, after.arithmetic),
    ...nonlinear(before, after, titleOf),
    ...(before.seed === after.seed ? [] : [`seed ${after.seed}`]),
  ];
  if (parts.length > 2 * most) return `another recipe, ${parts.length} changes`;
  const shown = parts.slice(0, most).join(', ');
  return parts.length === 0 ? 'the recipe' : parts.length > most ? `${shown} and ${parts.length - most} more` : shown;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function schemes(before: Recipe, after: Recipe, titleOf: TitleOf): string[] {
  const parts: string[] = [];
  for (const target of ['weights', 'activations'] as const) {
    const [a, b] = [before[target], after[target]];
    if (a.bits !== b.bits) parts.push(`${b.bits}-bit ${target}`);
    if (a.algorithm !== b.algorithm) parts.push(`${titleOf(target, b.algorithm)} for ${target}`);
    else if (!same(a.options, b.options)) parts.push(`options of ${titleOf(target, b.algorithm)}`);
  }
  if (before.activations.symmetric !== after.activations.symmetric) {
    parts.push(after.activations.symmetric ? 'symmetric activations' : 'activations with a zero point');
  }
  return parts;
}

function pruning({ pruning: a }: Recipe, { pruning: b }: Recipe, titleOf: TitleOf): string[] {
  if (same(a, b)) return [];
  if (b === undefined) return ['no pruning'];
  return [a?.criterion === b.criterion ? 'options of pruning' : `pruning by ${titleOf('pruning', b.criterion)}`];
}

function corrections(before: Recipe, after: Recipe, titleOf: TitleOf): string[] {
  const keys = Object.keys(after.corrections) as (keyof Recipe['corrections'])[]; // its own keys
  return keys
    .filter((key) => before.corrections[key] !== after.corrections[key])
    .map((key) => `${titleOf('corrections', key)} ${after.corrections[key] ? 'on' : 'off'}`);
}

function nonlinear(before: Recipe, after: Recipe, titleOf: TitleOf): string[] {
  const keys = Object.keys(after.nonlinear) as (keyof Recipe['nonlinear'])[]; // its own keys
  return keys
    .filter((key) => before.nonlinear[key] !== after.nonlinear[key])
    .map((key) => `${titleOf('nonlinear', key)}: ${after.nonlinear[key]}`);
}

const multiplierNames = { normalized: 'normalized', qformat: 'Q-format', pow2: 'power-of-two', tflite: 'TFLite' } as const;

function arithmetic(a: Recipe['arithmetic'], b: Recipe['arithmetic']): string[] {
  const parts: string[] = [];
  if (a.multiplier.kind !== b.multiplier.kind) parts.push(`${multiplierNames[b.multiplier.kind]} multipliers`);
  else if (!same(a.multiplier, b.multiplier)) parts.push('width of multipliers');
  if (a.rounding !== b.rounding) parts.push(`rounding ${b.rounding.replace('-', ' ')}`);
  if (a.shift !== b.shift) parts.push(b.shift === 'layer' ? 'one shift per layer' : 'a shift per channel');
  if (!same(a.accumulator, b.accumulator)) {
    parts.push(
      b.accumulator === undefined ? 'proved accumulators' : `${b.accumulator.bits}-bit accumulator that ${verbs[b.accumulator.overflow]}`,
    );
  }
  return parts;
}
const verbs = { wrap: 'wraps', saturate: 'saturates' } as const;

/** Rules that came, went or say something else; those that came together and say the same are told as one. */
function layers(before: readonly LayerOverride[], after: readonly LayerOverride[], titleOf: TitleOf): string[] {
  if (same(before, after)) return [];
  const gone = before.filter((old) => !after.some((rule) => rule.match === old.match));
  const groups = new Map<string, string[]>();
  for (const [at, rule] of after.entries()) {
    // the rule of the same names, else the one whose names were changed in its place
    const old = before.find((o) => o.match === rule.match) ?? (before.length === after.length ? before[at] : undefined);
    if (same(old, rule)) continue;
    const renamed = old !== undefined && old.match !== rule.match && same({ ...old, match: '' }, { ...rule, match: '' });
    const what = renamed ? 'a rule' : ruleChange(old, rule, titleOf);
    groups.set(what, [...(groups.get(what) ?? []), rule.match]);
  }
  if (groups.size === 0 && gone.length === 0) return ['order of rules'];
  const changed = [...groups].map(([what, names]) =>
    what === 'a rule' ? `a rule for ${names.join(', ')}` : `${what} in ${names.length === 1 ? names[0] : `${names.length} layers`}`,
  );
  if (groups.size > 0) return changed;
  return [gone.length === 1 ? `no rule for ${gone[0]?.match}` : `${gone.length} rules less`];
}

function ruleChange(old: LayerOverride | undefined, rule: LayerOverride, titleOf: TitleOf): string {
  const parts: string[] = [];
  if (old?.weightBits !== rule.weightBits)
    parts.push(rule.weightBits === undefined ? 'usual weight bits' : `${rule.weightBits}-bit weights`);
  if (old?.activationBits !== rule.activationBits) {
    parts.push(rule.activationBits === undefined ? 'usual activation bits' : `${rule.activationBits}-bit activations`);
  }
  if (old?.weights !== rule.weights) parts.push(rule.weights === undefined ? 'usual weights' : titleOf('weights', rule.weights));
  if (old?.activations !== rule.activations) {
    parts.push(rule.activations === undefined ? 'usual activations' : titleOf('activations', rule.activations));
  }
  if (old?.keep !== rule.keep) parts.push(rule.keep === 'float' ? 'float' : 'integers');
  return parts.length === 0 ? 'a rule' : parts.join(' and ');
}
