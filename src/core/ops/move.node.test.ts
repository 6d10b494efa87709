/** Operators that move, choose and combine elements against ONNX Runtime on random shapes and attributes. */
import { describe, test } from 'vitest';
import { createRng, type Rng } from '../base/rng';
import { sizeOf, type Tensor } from '../ir/tensor';
import { agree, chosen, floats, integers, list, narrower, number, shuffled, someShape, type Sample } from './ort.fixture';
import { fromNumbers } from './storage';

type Maker = (rng: Rng) => Sample;

const flag = (rng: Rng): number => rng.int(0, 1);
const signed = (rng: Rng, axis: number, rank: number): number => (flag(rng) ? axis : axis - rank);

/** A tensor of any of the types that are moved. */
function anything(rng: Rng, shape: readonly number[]): Tensor {
  const dtype = chosen(rng, ['float32', 'float32', 'int64', 'int32'] as const);
  return dtype === 'float32' ? floats(rng, shape) : integers(rng, shape, -99, 99, dtype);
}

const reshape: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4), 1, 4);
  const target = shuffled(rng, shape.length).map((i) => shape[i] as number);
  const keep = rng.int(0, shape.length - 1);
  if (flag(rng) && target[keep] === shape[keep]) target[keep] = 0;
  else if (flag(rng)) target[rng.int(0, target.length - 1)] = -1;
  return { op: 'Reshape', opset: chosen(rng, [5, 13, 14]), inputs: [anything(rng, shape), list(target)] };
};

const emptyReshape: Maker = (rng) => ({
  op: 'Reshape',
  opset: 14,
  attrs: { allowzero: 1 },
  inputs: [floats(rng, [0, 3]), list([3, 0, rng.int(1, 4)])],
});

const flatten: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4));
  return { op: 'Flatten', attrs: flag(rng) ? { axis: rng.int(-shape.length, shape.length) } : {}, inputs: [anything(rng, shape)] };
};

const squeeze: Maker = (rng) => {
  const shape = Array.from({ length: rng.int(1, 5) }, () => rng.int(1, 2));
  const ones = shape.map((_, a) => a).filter((a) => shape[a] === 1 && flag(rng) === 1);
  const axes = ones.map((a) => signed(rng, a, shape.length));
  const opset = chosen(rng, [11, 13]);
  if (axes.length === 0) return { op: 'Squeeze', opset, inputs: [anything(rng, shape)] };
  return opset < 13
    ? { op: 'Squeeze', opset, attrs: { axes }, inputs: [anything(rng, shape)] }
    : { op: 'Squeeze', opset, inputs: [anything(rng, shape), list(axes)] };
};

const unsqueeze: Maker = (rng) => {
  const shape = someShape(rng, rng.int(0, 3));
  const rank = shape.length + rng.int(1, 2);
  const axes = shuffled(rng, rank)
    .slice(0, rank - shape.length)
    .map((a) => signed(rng, a, rank));
  return flag(rng)
    ? { op: 'Unsqueeze', opset: 11, attrs: { axes }, inputs: [anything(rng, shape)] }
    : { op: 'Unsqueeze', inputs: [anything(rng, shape), list(axes)] };
};

const transpose: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 5));
  return { op: 'Transpose', attrs: flag(rng) ? { perm: shuffled(rng, shape.length) } : {}, inputs: [anything(rng, shape)] };
};

const slice: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4));
  const axes = shuffled(rng, shape.length).slice(0, rng.int(1, shape.length));
  const bound = (): number => (rng.int(0, 5) === 0 ? chosen(rng, [2 ** 62, -(2 ** 62)]) : rng.int(-7, 7));
  const [starts, ends] = [axes.map(bound), axes.map(bound)];
  const named = axes.map((a) => signed(rng, a, shape.length));
  if (rng.int(0, 3) === 0) return { op: 'Slice', opset: 9, attrs: { starts, ends, axes }, inputs: [anything(rng, shape)] };
  const steps = axes.map(() => chosen(rng, [-3, -2, -1, 1, 2, 3]));
  return { op: 'Slice', inputs: [anything(rng, shape), list(starts), list(ends), list(named), ...(flag(rng) ? [list(steps)] : [])] };
};

const split: Maker = (rng) => {
  const sizes = someShape(rng, rng.int(1, 4), 1, 3);
  const shape = someShape(rng, rng.int(1, 3));
  const axis = rng.int(0, shape.length - 1);
  const opset = chosen(rng, [11, 13, 18]);
  const common = { op: 'Split', opset, outputs: sizes.length };
  const total = sizes.reduce((a, b) => a + b, 0);
  const at = { axis: signed(rng, axis, shape.length) };
  if (opset === 18 && total % sizes.length === 0)
    return { ...common, attrs: { ...at, num_outputs: sizes.length }, inputs: [anything(rng, shape.with(axis, total))] };
  if (flag(rng))
    return {
      ...common,
      attrs: { ...at, ...(opset === 18 ? { num_outputs: sizes.length } : {}) },
      inputs: [anything(rng, shape.with(axis, 2 * sizes.length))],
    };
  const x = anything(rng, shape.with(axis, total));
  return opset < 13 ? { ...common, attrs: { ...at, split: sizes }, inputs: [x] } : { ...common, attrs: at, inputs: [x, list(sizes)] };
};

/** The last part is smaller. */
const unevenSplit: Maker = () => ({
  op: 'Split',
  opset: 18,
  outputs: 3,
  attrs: { num_outputs: 3 },
  inputs: [list([1, 2, 3, 4, 5, 6, 7, 8], 'float32')],
});

const expand: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4));
  const [a, b] = flag(rng) ? [narrower(rng, shape), shape] : [shape, narrower(rng, shape)];
  return { op: 'Expand', inputs: [anything(rng, a), list(b)] };
};

const tile: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4), 1, 3);
  return { op: 'Tile', inputs: [anything(rng, shape), list(someShape(rng, shape.length, 1, 3))] };
};

const concat: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4));
  const axis = rng.int(0, shape.length - 1);
  const dtype = chosen(rng, ['float32', 'int64'] as const);
  return {
    op: 'Concat',
    attrs: { axis: signed(rng, axis, shape.length) },
    inputs: Array.from({ length: rng.int(1, 4) }, () => integers(rng, shape.with(axis, rng.int(1, 4)), -9, 9, dtype)),
  };
};

const pad: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4), 3, 5);
  const mode = chosen(rng, ['constant', 'reflect', 'edge', 'wrap']);
  const low = mode === 'constant' ? -1 : 0;
  const pads = [...shape, ...shape].map(() => rng.int(low, 2));
  if (mode !== 'wrap' && rng.int(0, 3) === 0) {
    return {
      op: 'Pad',
      opset: 10,
      attrs: { mode, pads, ...(mode === 'constant' ? { value: { float: 1.5 } } : {}) },
      inputs: [floats(rng, shape)],
    };
  }
  const x = anything(rng, shape);
  const value = mode === 'constant' && flag(rng) ? number(3, x.dtype) : undefined;
  const axes = shuffled(rng, shape.length).slice(0, rng.int(1, shape.length));
  if (flag(rng)) return { op: 'Pad', opset: 19, attrs: { mode }, inputs: [x, list(pads), ...(value ? [value] : [])] };
  const some = [...axes, ...axes].map(() => rng.int(low, 2));
  return { op: 'Pad', opset: 19, attrs: { mode }, inputs: [x, list(some), value, list(axes.map((a) => signed(rng, a, shape.length)))] };
};

const gather: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4), 2, 5);
  const axis = rng.int(0, shape.length - 1);
  const extent = shape[axis] as number;
  const indices = integers(rng, someShape(rng, rng.int(0, 2)), -extent, extent - 1, chosen(rng, ['int64', 'int32'] as const));
  return { op: 'Gather', attrs: { axis: signed(rng, axis, shape.length) }, inputs: [anything(rng, shape), indices] };
};

const gatherElements: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 3), 2, 5);
  const axis = rng.int(0, shape.length - 1);
  const extent = shape[axis] as number;
  const indices = integers(
    rng,
    shape.map((d) => rng.int(1, d)),
    -extent,
    extent - 1,
  );
  return { op: 'GatherElements', attrs: { axis: signed(rng, axis, shape.length) }, inputs: [anything(rng, shape), indices] };
};

/** Index tuples of `depth` for a shape after `batch` axes. */
function tuples(rng: Rng, shape: readonly number[], lead: readonly number[], batch: number, depth: number): Tensor {
  const values = Array.from({ length: sizeOf(lead) }, () =>
    Array.from({ length: depth }, (_, k) => rng.int(-(shape[batch + k] as number), (shape[batch + k] as number) - 1)),
  );
  return fromNumbers('int64', [...lead, depth], values.flat());
}

const gatherNd: Maker = (rng) => {
  const shape = someShape(rng, rng.int(2, 4), 2, 4);
  const batch = rng.int(0, 1);
  const depth = rng.int(1, shape.length - batch);
  const lead = [...shape.slice(0, batch), ...someShape(rng, rng.int(0, 2), 1, 3)];
  return { op: 'GatherND', attrs: { batch_dims: batch }, inputs: [anything(rng, shape), tuples(rng, shape, lead, batch, depth)] };
};

const scatterNd: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 4), 2, 4);
  const depth = rng.int(1, shape.length);
  const lead = someShape(rng, rng.int(1, 2), 1, 3);
  const reduction = chosen(rng, ['none', 'add', 'mul', 'min', 'max']);
  // without a reduction equal tuples would leave the order open
  const places = reduction === 'none' ? tuples(rng, shape, [1], 0, depth) : tuples(rng, shape, lead, 0, depth);
  const updates = floats(rng, [...places.shape.slice(0, -1), ...shape.slice(depth)]);
  return { op: 'ScatterND', opset: 18, attrs: { reduction }, inputs: [floats(rng, shape), places, updates] };
};

const scatterElements: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 3), 2, 4);
  const axis = rng.int(0, shape.length - 1);
  const extent = shape[axis] as number;
  const reduction = chosen(rng, ['none', 'add', 'mul', 'min', 'max']);
  const size = shape.map((d, a) => (a === axis ? (reduction === 'none' ? 1 : rng.int(1, d)) : rng.int(1, d)));
  return {
    op: 'ScatterElements',
    opset: 18,
    attrs: { axis: signed(rng, axis, shape.length), reduction },
    inputs: [floats(rng, shape), integers(rng, size, -extent, extent - 1), floats(rng, size)],
  };
};

const cumSum: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 3));
  return {
    op: 'CumSum',
    attrs: { exclusive: flag(rng), reverse: flag(rng) },
    inputs: [
      integers(rng, shape, -9, 9, chosen(rng, ['float32', 'int64', 'int32'] as const)),
      number(rng.int(-shape.length, shape.length - 1)),
    ],
  };
};

const topK: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 3));
  const axis = rng.int(0, shape.length - 1);
  const k = rng.int(1, shape[axis] as number);
  const named = signed(rng, axis, shape.length);
  if (rng.int(0, 3) === 0) return { op: 'TopK', opset: 9, attrs: { axis, k }, inputs: [floats(rng, shape)], outputs: 2 };
  return {
    op: 'TopK',
    attrs: { axis: named, largest: flag(rng) },
    inputs: [integers(rng, shape, -3, 3, 'float32'), list([k])],
    outputs: 2,
  };
};

const oneHot: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 3));
  return {
    op: 'OneHot',
    attrs: flag(rng) ? { axis: rng.int(-shape.length - 1, shape.length) } : {},
    inputs: [integers(rng, shape, -4, 5), number(4), list([-1, 2], chosen(rng, ['float32', 'int64'] as const))],
  };
};

const nonZero: Maker = (rng) => ({
  op: 'NonZero',
  inputs: [integers(rng, someShape(rng, rng.int(1, 3)), 0, 1, chosen(rng, ['bool', 'int64', 'float32'] as const))],
});

const trilu: Maker = (rng) => ({
  op: 'Trilu',
  opset: 14,
  attrs: { upper: flag(rng) },
  inputs: [anything(rng, someShape(rng, rng.int(2, 4))), ...(flag(rng) ? [number(rng.int(-4, 4))] : [])],
});

const eyeLike: Maker = (rng) => ({
  op: 'EyeLike',
  attrs: { k: rng.int(-2, 2), ...(flag(rng) ? { dtype: 7 } : {}) },
  inputs: [floats(rng, someShape(rng, 2))],
});

const equations = [
  'ij,jk->ik',
  'bij,bjk->bik',
  'bhid,bhjd->bhij',
  'ij,kj',
  'i,j->ij',
  'ij->ji',
  'ij->i',
  'ii->i',
  'bi,bi->b',
  '...ij,...jk->...ik',
  'ij,jk,kl->il',
  'bij,bjk',
];

const einsum: Maker = (rng) => {
  const equation = chosen(rng, equations);
  const extents = new Map([...'bhijkld'].map((l) => [l, rng.int(1, 4)]));
  const dots = someShape(rng, 2, 1, 3);
  const operands = (equation.split('->')[0] ?? '').split(',').map((term) => {
    const letters = [...term.replace('...', '')].map((l) => extents.get(l) ?? 1);
    return floats(rng, term.includes('...') ? [...dots, ...letters] : letters);
  });
  return { op: 'Einsum', attrs: { equation }, inputs: operands };
};

const depthSpace: Maker = (rng) => {
  const b = rng.int(1, 3);
  const [n, c, h, w] = someShape(rng, 4, 1, 3) as [number, number, number, number];
  if (flag(rng)) return { op: 'SpaceToDepth', attrs: { blocksize: b }, inputs: [floats(rng, [n, c, h * b, w * b])] };
  return { op: 'DepthToSpace', attrs: { blocksize: b, mode: chosen(rng, ['DCR', 'CRD']) }, inputs: [floats(rng, [n, c * b * b, h, w])] };
};

const resize: Maker = (rng) => {
  const shape = [1, rng.int(1, 2), ...someShape(rng, 2, 2, 5)];
  const mode = chosen(rng, ['nearest', 'linear']);
  const opset = chosen(rng, [11, 13, 18]);
  const how = chosen(rng, ['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel']);
  const attrs = {
    mode,
    coordinate_transformation_mode: how,
    ...(mode === 'nearest' ? { nearest_mode: chosen(rng, ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']) } : {}),
  };
  const roi = list([], 'float32');
  // powers of two, so that no coordinate is rounded to the other side of a tie
  const scales = [1, 1, chosen(rng, [0.5, 1, 2, 4]), chosen(rng, [0.5, 1, 2, 4])];
  if (flag(rng)) return { op: 'Resize', opset, attrs, inputs: [floats(rng, shape), roi, list(scales, 'float32')] };
  const sizes = shape.map((d, a) => (a < 2 ? d : d * 2));
  if (opset === 18 && flag(rng)) {
    const policy = chosen(rng, ['stretch', 'not_larger', 'not_smaller']);
    return {
      op: 'Resize',
      opset,
      attrs: { ...attrs, axes: [2, 3], keep_aspect_ratio_policy: policy },
      inputs: [floats(rng, shape), undefined, undefined, list(sizes.slice(2).map((d) => d + (policy === 'stretch' ? 0 : flag(rng) * d)))],
    };
  }
  return { op: 'Resize', opset, attrs, inputs: [floats(rng, shape), roi, list([], 'float32'), list(sizes)] };
};

const upsample: Maker = (rng) => {
  const shape = [1, 2, ...someShape(rng, 2, 1, 4)];
  const scales = [1, 1, rng.int(1, 3), rng.int(1, 3)];
  const attrs = { mode: chosen(rng, ['nearest', 'linear']) };
  const opset = chosen(rng, [7, 9, 10]);
  if (opset === 10) return { op: 'Resize', opset, attrs, inputs: [floats(rng, shape), list(scales, 'float32')] };
  return opset === 7
    ? { op: 'Upsample', opset, attrs: { ...attrs, scales: { floats: scales } }, inputs: [floats(rng, shape)] }
    : { op: 'Upsample', opset, attrs, inputs: [floats(rng, shape), list(scales, 'float32')] };
};

const identity: Maker = (rng) => ({ op: 'Identity', inputs: [anything(rng, someShape(rng, 3))] });
const dropout: Maker = (rng) => ({ op: 'Dropout', opset: chosen(rng, [7, 10]), inputs: [floats(rng, someShape(rng, 3))] });

const cases: Readonly<Record<string, Maker>> = {
  ...{ Reshape: reshape, 'Reshape of nothing': emptyReshape, Flatten: flatten, Squeeze: squeeze, Unsqueeze: unsqueeze },
  ...{ Identity: identity, Dropout: dropout, Transpose: transpose, Slice: slice, Split: split, 'Split that is uneven': unevenSplit },
  ...{ Expand: expand, Tile: tile, Concat: concat, Pad: pad, Gather: gather, GatherElements: gatherElements, GatherND: gatherNd },
  ...{ ScatterND: scatterNd, ScatterElements: scatterElements, CumSum: cumSum, TopK: topK, OneHot: oneHot, NonZero: nonZero },
  ...{
    Trilu: trilu,
    EyeLike: eyeLike,
    Einsum: einsum,
    'DepthToSpace and SpaceToDepth': depthSpace,
    Resize: resize,
    'Upsample and old Resize': upsample,
  },
};

describe('what ONNX Runtime computes', () => {
  test.each(Object.entries(cases))('%s', async (_, make) => {
    for (let seed = 1; seed <= 8; seed++) await agree(make(createRng(seed)));
  });
});
