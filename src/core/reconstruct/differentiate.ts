/**
 * Reverse-mode differentiation of a graph under construction: from gradients at some values to those at others, by the
 * operators' backward rules, emitted into the same graph. Law: what it emits is a function of the graph alone.
 */
import { StudioError } from '../base/errors';
import type { Node, ValueName } from '../ir/model';
import type { BackwardRule } from '../ops/backward';
import { zeros } from '../ops/backward/common';
import { backwardRules } from '../ops/backward/rules';
import type { GraphBuilder } from './graph-builder';

/** `seeds`: values with the gradients that they have from outside (a loss has the constant 1). Throws `unsupported-operator`. */
export function gradients(
  g: GraphBuilder,
  seeds: ReadonlyMap<ValueName, ValueName>,
  wanted: readonly ValueName[],
): (ValueName | undefined)[] {
  const forward = [...g.nodes];
  // what the wanted values reach
  const reached = new Set<ValueName>(wanted);
  for (const node of forward)
    if (node.inputs.some((v) => v !== undefined && reached.has(v))) for (const output of node.outputs) reached.add(output);
  const at = new Map(seeds);
  const send = (value: ValueName, gradient: ValueName): void => {
    const known = at.get(value);
    at.set(value, known === undefined ? gradient : g.emit('Add', [known, gradient]));
  };
  for (const node of forward.toReversed()) {
    const [dy, ...others] = node.outputs.map((output) => at.get(output));
    const own = g.gradientOf(node.outputs[0]);
    const inputs = own?.inputs ?? node.inputs;
    const isWanted = (i: number): boolean => inputs[i] !== undefined && reached.has(inputs[i]);
    if ((dy === undefined && others.every((d) => d === undefined)) || !inputs.some((_, i) => isWanted(i))) continue;
    const first = dy ?? zeros(g, g.shape(node.outputs[0] as ValueName));
    const found = own ? own.rule(first, isWanted) : ruleOf(node)(node, first, g, isWanted, others);
    inputs.forEach((value, i) => {
      const gradient = found[i];
      if (value !== undefined && gradient !== undefined && isWanted(i)) send(value, gradient);
    });
  }
  return wanted.map((value) => at.get(value));
}

function ruleOf(node: Node): BackwardRule {
  const rule = backwardRules.get(node.op);
  if (rule) return rule;
  throw new StudioError({
    code: 'unsupported-operator',
    what: `No gradient flows through ${node.op}`,
    where: { node: node.id, op: node.op },
  });
}
