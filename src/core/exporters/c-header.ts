/**
 * One C header: every tensor as a `static const` array with its description, and the table of layers that refers to them.
 * C99, no function, nothing to link. Laws: it compiles without a warning; an array holds what its .npy file holds.
 */
import { utf8Encode } from '../base/bytes';
import type { IntTensor } from '../ir/integer-model';
import type { OptionSpec, OptionValues } from '../quant/quantizer';
import type { Exporter, ExportBundle, ExportTensor } from './exporter';
import type { ManifestOp, ManifestTensor } from './manifest';

const path = 'c/t2c_model.h';

const contents: OptionSpec = {
  id: 'contents',
  title: 'Arrays',
  help: 'Activations of the sample make it a test bench; constants are what the chip needs.',
  kind: {
    type: 'choice',
    choices: [
      { value: 'all', title: 'All' },
      { value: 'constants', title: 'Constants only' },
    ],
  },
  fallback: 'all',
};

const sampleRoles: readonly ManifestTensor['role'][] = ['input', 'activation', 'accumulator'];
const isWanted = (info: Pick<ManifestTensor, 'role'>, options: OptionValues): boolean =>
  options['contents'] !== 'constants' || !sampleRoles.includes(info.role);

/** A C string; what is not plain ASCII is escaped byte by byte. */
function quoted(text: string): string {
  const bytes = Array.from(utf8Encode(text), (b) =>
    b >= 32 && b < 127 && b !== 34 && b !== 92 && b !== 63 ? String.fromCharCode(b) : `\\${b.toString(8).padStart(3, '0')}`,
  );
  return `"${bytes.join('')}"`;
}

function literal(v: number | bigint): string {
  if (typeof v === 'number' && v >= -2147483647 && v <= 2147483647) return String(v);
  if (BigInt(v) === -(1n << 63n)) return '(-9223372036854775807LL - 1)';
  return `${v}LL`;
}

/** The digits of a float32, which C reads as that float32. */
function floatLiteral(v: number): string {
  const text = String(Math.fround(v));
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

const perLine = 16;

function linesOf(data: IntTensor['data'], from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += perLine) {
    const line: string[] = [];
    for (let i = at; i < Math.min(to, at + perLine); i++) line.push(literal(data[i] as number | bigint));
    text += `  ${line.join(', ')},\n`;
  }
  return text;
}

const types = `#include <stddef.h>
#include <stdint.h>

typedef enum { T2C_INT8, T2C_UINT8, T2C_INT16, T2C_UINT16, T2C_INT32, T2C_UINT32, T2C_INT64 } t2c_type;

/* real = scale * (integer - zero_point); elements are row-major. */
typedef struct {
  const char *name;
  const char *value;
  t2c_type type;
  int bits;
  int is_signed;
  int rank;
  const size_t *shape;
  size_t elements;
  const void *data;
  const float *scale; /* one, or one per index of axis */
  size_t scales;
  int axis; /* -1: one scale */
  int64_t zero_point;
} t2c_tensor;

/* In execution order. A pointer is NULL where the layer has no such tensor, or it was left out. */
typedef struct {
  const char *name;
  const char *kind;
  const t2c_tensor *x1;
  const t2c_tensor *x2;
  const t2c_tensor *bias;
  const t2c_tensor *mul;
  const t2c_tensor *shift;
  const t2c_tensor *lut;
  const t2c_tensor *y;
  const t2c_tensor *yq;
  int64_t lo;
  int64_t hi;
  const char *attributes; /* JSON */
  uint64_t macs;
} t2c_layer;

`;

function* tensorText(t: ExportTensor, name: string): Generator<string> {
  const { info, tensor } = t;
  const n = tensor.data.length;
  // C has no empty arrays
  yield `static const ${info.dtype}_t ${name}_data[${Math.max(1, n)}] = {\n${n === 0 ? '  0\n' : ''}`;
  for (let at = 0; at < n; at += 1 << 14) yield linesOf(tensor.data, at, Math.min(n, at + (1 << 14)));
  const scale = typeof info.scale === 'number' ? [info.scale] : info.scale;
  const fields = [
    ...[quoted(t.fileStem), quoted(t.value), `T2C_${info.dtype.toUpperCase()}`, info.bits, info.signed ? 1 : 0, info.shape.length],
    ...[`${name}_shape`, n, `${name}_data`, `${name}_scale`, scale.length, info.axis ?? -1, info.zeroPoint],
  ];
  yield (
    `};\nstatic const size_t ${name}_shape[] = {${info.shape.join(', ') || '1'}};\n` +
    `static const float ${name}_scale[] = {${scale.map(floatLiteral).join(', ')}};\n` +
    `static const t2c_tensor ${name} = {${fields.join(', ')}};\n\n`
  );
}

function layerText(op: ManifestOp, tensors: Readonly<Record<string, ManifestTensor>>, named: ReadonlyMap<string, string>): string {
  const stemOf = (file: string | undefined): string => (file === undefined ? '' : (file.split('/').at(-1) as string).replace(/\.npy$/, ''));
  const pointer = (file: string | undefined): string => {
    const name = named.get(stemOf(file));
    return name === undefined ? 'NULL' : `&${name}`;
  };
  const value = (name: string | null | undefined): string => pointer(typeof name === 'string' ? tensors[name]?.file : undefined);
  const requant = 'requant' in op ? op.requant : undefined;
  const range =
    requant ?? ('add' in op ? op.add : 'layernorm' in op ? op.layernorm : { lo: tensors[op.output]?.lo, hi: tensors[op.output]?.hi });
  const operands = 'operands' in op ? op.operands : undefined;
  const lut = op.kind === 'lut' ? op.lut.table : op.kind === 'softmax' ? op.softmax.table : undefined;
  const keys = ['attrs', 'pool', 'add', 'lut', 'softmax', 'layernorm'].flatMap((key) =>
    key in op ? [[key, op[key as keyof ManifestOp]]] : [],
  );
  const fields = [
    ...[quoted(op.name), quoted(op.kind)],
    op.files.x1 === undefined ? value(operands?.[0] ?? op.inputs[0]) : pointer(op.files.x1),
    op.files.x2 === undefined ? value(operands?.[1] ?? op.inputs[1]) : pointer(op.files.x2),
    ...[value('bias' in op ? op.bias : undefined), value(requant?.mul), value(requant?.shift), value(lut)],
    ...[pointer(op.files.y), pointer(op.files.yq), literal(range.lo ?? 0), literal(range.hi ?? 0)],
    ...[quoted(JSON.stringify(Object.fromEntries(keys))), `${op.macs}ULL`],
  ];
  return `  {${fields.join(', ')}},\n`;
}

function* textOf(bundle: ExportBundle, options: OptionValues): Generator<string> {
  const { manifest } = bundle;
  const comment = (text: string): string =>
    text
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .replaceAll('*/', '* /')
      .replaceAll('/*', '/ *');
  yield `/* ${comment(manifest.model.name)}: integers of every operator, by ${comment(`${manifest.tool.name} ${manifest.tool.version}`)}. */\n`;
  yield `#ifndef T2C_MODEL_H\n#define T2C_MODEL_H\n\n#define T2C_ROUNDING ${quoted(manifest.arithmetic.rounding)}\n`;
  yield `#define T2C_LAYERS ${manifest.ops.length}\n\n`;
  yield types;
  const named = new Map<string, string>();
  const taken = new Set(['t2c_type', 't2c_tensor', 't2c_layer', 't2c_tensors', 't2c_layers']);
  const parts = (name: string): string[] => [name, `${name}_data`, `${name}_shape`, `${name}_scale`];
  for (const t of bundle.tensors()) {
    if (!isWanted(t.info, options)) continue;
    const wanted = `t2c_${t.fileStem.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
    let name = wanted;
    for (let n = 2; parts(name).some((part) => taken.has(part)); n++) name = `${wanted}__${n}`;
    for (const part of parts(name)) taken.add(part);
    named.set(t.fileStem, name);
    yield* tensorText(t, name);
  }
  yield `static const t2c_tensor *const t2c_tensors[] = {\n${[...named.values()].map((n) => `  &${n},\n`).join('') || '  NULL\n'}};\n`;
  yield `#define T2C_TENSORS ${named.size}\n\n`;
  const layers = manifest.ops.map((op) => layerText(op, manifest.tensors, named)).join('');
  yield `static const t2c_layer t2c_layers[] = {\n${layers || '  {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, 0}\n'}};\n\n#endif\n`;
}

function* partsOf(bundle: ExportBundle, options: OptionValues): Generator<Uint8Array> {
  for (const text of textOf(bundle, options)) yield utf8Encode(text);
}

export const cExporter: Exporter = {
  id: 'c',
  title: 'C header',
  help: 'One header with a static const array for each tensor and the table of layers.',
  group: 'design',
  place: 'c/t2c_model.h',
  options: [contents],
  files: (bundle, options) => [{ path, parts: () => partsOf(bundle, options) }],
  estimate: (info, options) => (isWanted(info, options) ? 500 + info.shape.reduce((a, b) => a * b, 1) * (1.7 + info.bits * 0.3) : 0),
  preview: ({ tensor: { data } }, _options, words) => {
    const count = Math.ceil(data.length / perLine);
    const lines = Array.from({ length: Math.min(words, count) }, (_, i) => {
      const to = Math.min(data.length, (i + 1) * perLine);
      return { address: i, text: linesOf(data, i * perLine, to).trim(), elements: Array.from(data.subarray(i * perLine, to), String) };
    });
    return { count, shape: undefined, words: lines };
  },
};
