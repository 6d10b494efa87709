/**
 * Moves that ONNX has an operator of its own for, as the moves that the integer model has: nearest Resize and Upsample and
 * Tile choose positions axis by axis (Gather), DepthToSpace and SpaceToDepth are axes split, permuted and joined.
 * Law: the same elements at the same places; the values in between need no statistics, for integers pass through.
 */
import type { Model, Node, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { blockMove } from '../ops/depth-space';
import { intAttr, stringAttr, type ShapeInput } from '../ops/family';
import { nearestMaps } from '../ops/resize';
import { decoded } from './constants';
import { factsOf, outputName, type GraphFacts } from './graph-facts';
import { nameBeside } from './graph-index';
import { opsetOf, type Pass } from './pass';
import { Rewriting } from './rewriting';

export const plainMoves = { name: 'plain-moves', run: rewritten } satisfies Pass;

export const moves: ReadonlySet<string> = new Set(['Resize', 'Upsample', 'Tile', 'DepthToSpace', 'SpaceToDepth']);

/** Might the pass find something? */
export const mayMove = (model: Model): boolean => model.graph.nodes.some((n) => moves.has(n.op));

const blocks: ReadonlySet<string> = new Set(['DepthToSpace', 'SpaceToDepth']);

function rewritten(model: Model): Model {
  const facts = factsOf(model.graph);
  const rewriting = new Rewriting(model);
  for (const node of model.graph.nodes) {
    const x = node.inputs[0];
    if (node.domain !== '' || x === undefined || facts.typed(x)?.dtype !== 'float32' || facts.constant(x)) continue;
    const input = shapeInput(model, node, facts);
    if (blocks.has(node.op) && opsetOf(model) >= 5) moveBlocks(node, x, blockMove(input), rewriting);
    const maps = mapsOf(node, input);
    if (maps) pick(node, x, maps, facts.typed(x)?.shape ?? [], rewriting);
  }
  return rewriting.done();
}

function shapeInput(model: Model, node: Node, facts: GraphFacts): ShapeInput {
  const constant = (i: number): Tensor | undefined => {
    const name = node.inputs[i];
    const ref = name === undefined ? undefined : model.graph.initializers.get(name);
    return ref && decoded(ref);
  };
  return { node, opset: opsetOf(model), inputs: node.inputs.map((name) => (name === undefined ? undefined : facts.typed(name))), constant };
}

/** Positions per axis; undefined: the operator is none of these, or interpolates, or its positions are computed. */
function mapsOf(node: Node, s: ShapeInput): readonly Int32Array[] | undefined {
  const shape = s.inputs[0]?.shape ?? [];
  if (node.inputs.some((name, i) => i > 0 && name !== undefined && s.constant(i) === undefined)) return undefined;
  switch (node.op) {
    case 'Resize':
    case 'Upsample': {
      const simple = stringAttr(node, 'coordinate_transformation_mode', 'half_pixel') !== 'tf_crop_and_resize';
      return simple && stringAttr(node, 'mode', 'nearest') === 'nearest' && intAttr(node, 'antialias', 0) === 0
        ? nearestMaps(s)
        : undefined;
    }
    case 'Tile': {
      const repeats = Array.from((s.constant(1)?.data ?? []) as ArrayLike<number | bigint>, Number); // whole numbers by ONNX
      return repeats.length === shape.length
        ? shape.map((d, a) => Int32Array.from({ length: d * (repeats[a] as number) }, (_, i) => i % d))
        : undefined;
    }
    default:
      return undefined;
  }
}

function pick(node: Node, x: ValueName, maps: readonly Int32Array[], shape: readonly number[], rewriting: Rewriting): void {
  const axes = maps.flatMap((map, a) => (map.length === shape[a] && map.every((v, i) => v === i) ? [] : [a]));
  const output = outputName(node);
  let from = x;
  const extents = [...shape];
  axes.forEach((axis, i) => {
    const map = maps[axis] as Int32Array;
    const data = BigInt64Array.from(map, BigInt);
    const indices = rewriting.constant(`${output}.axis${axis}`, { dtype: 'int64', shape: [map.length], data });
    const gather = { op: 'Gather', domain: '', inputs: [from, indices], attrs: { axis: { type: 'int', value: axis } } } as const;
    extents[axis] = map.length;
    if (i === axes.length - 1) rewriting.replace(node, { ...gather, parts: [] });
    else
      from = rewriting.insert(
        node,
        { ...gather, sources: node.sources },
        `${output}.part${axis}`,
        { dtype: 'float32', shape: [...extents] },
        nameBeside(node, 'Gather'),
      );
  });
}

function moveBlocks(node: Node, x: ValueName, move: ReturnType<typeof blockMove>, rewriting: Rewriting): void {
  const { split, perm, shape } = move;
  const output = outputName(node);
  const list = (name: string, v: readonly number[]): ValueName =>
    rewriting.constant(`${output}.${name}`, { dtype: 'int64', shape: [v.length], data: BigInt64Array.from(v, BigInt) });
  const part = { domain: '', attrs: {}, sources: node.sources } as const;
  const apart = rewriting.insert(
    node,
    { ...part, op: 'Reshape', inputs: [x, list('split', split)] },
    `${output}.split`,
    {
      dtype: 'float32',
      shape: split,
    },
    nameBeside(node, 'Reshape'),
  );
  const attrs = { perm: { type: 'ints', value: perm } } as const;
  const turned = rewriting.insert(
    node,
    { ...part, op: 'Transpose', inputs: [apart], attrs },
    `${output}.turned`,
    {
      dtype: 'float32',
      shape: perm.map((p) => split[p] as number),
    },
    nameBeside(node, 'Transpose'),
  );
  rewriting.replace(node, { op: 'Reshape', domain: '', inputs: [turned, list('shape', shape)], attrs: {}, parts: [] });
}
