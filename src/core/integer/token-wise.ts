/**
 * Which layers can take their input token by token: products with a constant weight whose input is [batch, tokens, channels].
 * The factor of a token is one of a row of the product, so it can be folded; where the product runs over tokens (V) it cannot,
 * and Q and K are rows of one product and columns of another: products of two activations keep one scale a tensor.
 */
import type { Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { CanonicalModel, Node, NodeId } from '../ir/model';
import { integerRuleOf } from '../ops/lower/rules';
import { isFloatValue, shapeOf } from '../ops/support';
import { activationQuantizer, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { globMatches, resolveLayer } from '../recipe/resolve';

/** Axis of the tokens in every tensor that is taken so. */
export const TOKEN_AXIS = 1;

/** Bits of a tensor before its tokens get scales of their own: a requantization of 8 bits would find nothing left to scale. */
export const BEFORE_TOKENS = 16;

export function takesTokens(c: CanonicalModel, node: Node, recipe: Recipe, quantizers: Quantizers): boolean {
  const { algorithm } = resolveLayer(recipe, c.stems.get(node.id) ?? node.id).activations;
  return activationQuantizer(algorithm, quantizers).tokenWise === true && refusal(c, node) === undefined;
}

function refusal(c: CanonicalModel, node: Node): string | undefined {
  const [x, w] = node.inputs;
  if (x === undefined || w === undefined || c.constants(x) || !isFloatValue(c, x)) return 'it reads no activation';
  if (node.op !== 'MatMul') return `the input of ${node.op} has no tokens`;
  if (!c.constants(w)) return 'the product of two activations runs over tokens (V), or has tokens on both sides (Q and K)';
  const shape = shapeOf(c, x);
  return shape.length === 3 && (shape[TOKEN_AXIS] as number) > 1
    ? undefined
    : `its input has the shape [${shape.join(', ')}], not [batch, tokens, channels]`;
}

/** Says which layers keep one scale. Throws `bad-recipe` where a rule for single layers asks for what cannot be. */
export function checkTokens(
  c: CanonicalModel,
  recipe: Recipe,
  islands: ReadonlyMap<NodeId, string>,
  quantizers: Quantizers,
  ctx: Context,
): void {
  const kept: string[] = [];
  for (const node of c.model.graph.nodes) {
    if (islands.has(node.id) || integerRuleOf(node.op, node.domain)?.operands !== 'multiply') continue;
    const stem = c.stems.get(node.id) ?? node.id;
    if (activationQuantizer(resolveLayer(recipe, stem).activations.algorithm, quantizers).tokenWise !== true) continue;
    const why = refusal(c, node);
    if (why === undefined) continue;
    const rule = recipe.layers.find((l) => l.activations !== undefined && l.match === stem && globMatches(l.match, stem));
    if (rule) {
      throw new StudioError({
        code: 'bad-recipe',
        what: `The input of ${stem} cannot be quantized token by token: ${why}`,
        where: { node: stem, op: node.op },
        todo: 'Give the layer minmax, or leave it out of the rule',
      });
    }
    kept.push(`${stem} (${why})`);
  }
  if (kept.length === 0) return;
  const more = kept.length > 3 ? `, and ${kept.length - 3} more` : '';
  ctx.warn({
    code: 'not-token-wise',
    message: `${kept.length === 1 ? 'one layer keeps' : `${kept.length} layers keep`} one scale for ${kept.length === 1 ? 'its' : 'their'} inputs: ${kept.slice(0, 3).join('; ')}${more}`,
  });
}
