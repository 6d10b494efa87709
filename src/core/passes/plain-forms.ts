/**
 * One form where ONNX has several for the same thing: Sum of two is Add (old exporters write residual sums so).
 */
import type { Model } from '../ir/model';
import { withGraph, type Pass } from './pass';

export const plainForms: Pass = {
  name: 'plain-forms',
  run(model: Model): Model {
    const nodes = model.graph.nodes.map((n) => (n.op === 'Sum' && n.domain === '' && n.inputs.length === 2 ? { ...n, op: 'Add' } : n));
    return withGraph(model, { nodes });
  },
};
