// Readers that are not ours on every format: numpy, a C compiler, Icarus Verilog, Python's zipfile and pickle.
import { describe, expect, test } from 'vitest';
import { utf8Decode } from '../base/bytes';
import type { OptionValues } from '../quant/quantizer';
import { inFolder, python } from './formats.fixture';
import { readManifest } from './read-bundle';
import { defaultRecipe } from '../recipe/recipe';
import type { RecipeRow } from '../recipe/recipe-table';
import { escapeHtml } from './html';
import { collect, tinyInput } from './tiny-bundle.fixture';

const bundle = (formats: readonly string[], options: Readonly<Record<string, OptionValues>> = {}) =>
  collect({ ...tinyInput('half-up', formats), options });

/** Python that has `golden(stem)` and `stems`; the rest prints what it found wrong. */
const golden = `
import glob, json, os, pickle, struct, sys, zipfile
import numpy as np
files = sorted(glob.glob("tensors/*.npy") + glob.glob("params/*.npy"))
golden = {os.path.basename(f)[:-4]: np.load(f) for f in files}
def same(name, a, where):
    b = golden[name]
    assert a.shape == b.shape and (a.astype(np.int64) == b.astype(np.int64)).all(), (where, name)
`;

function pythonSays(files: ReadonlyMap<string, Uint8Array>, program: string): string {
  return inFolder(
    new Map<string, Uint8Array | string>([...files, ['check.py', golden + program]]),
    (run) => run(python, '-B', 'check.py').out,
  );
}

describe('numpy', () => {
  test('opens the .npz', async () => {
    const program = `
z = np.load("npz/tensors.npz")
assert sorted(z.files) == sorted(golden), set(z.files) ^ set(golden)
for name in z.files: same(name, z[name], "npz"); assert z[name].dtype == golden[name].dtype
print(len(z.files), "ok")`;
    expect(pythonSays(await bundle(['npz']), program)).toMatch(/^\d+ ok\n$/);
  });

  test('reads safetensors by the documented rules: header length, JSON, no gap and no overlap', async () => {
    const program = `
raw = open("safetensors/tensors.safetensors", "rb").read()
(n,) = struct.unpack("<Q", raw[:8])
assert raw[8:9] == b"{" and n % 8 == 0
header = json.loads(raw[8:8 + n])
meta = header.pop("__metadata__")
assert all(isinstance(v, str) for v in meta.values())
assert sorted(k for k in meta if "/" not in k) == sorted(golden)
kinds = {"I8": "i1", "U8": "u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8"}
at = 0
for name, t in sorted(header.items(), key=lambda e: e[1]["data_offsets"]):
    lo, hi = t["data_offsets"]
    assert lo == at; at = hi
    a = np.frombuffer(raw[8 + n + lo:8 + n + hi], kinds[t["dtype"]]).reshape(t["shape"])
    same(name, a, "safetensors")
    assert lo % a.dtype.itemsize == 0
assert at == len(raw) - 8 - n and sorted(header) == sorted(golden)
print("ok")`;
    expect(pythonSays(await bundle(['safetensors']), program)).toBe('ok\n');
  });

  test('reads raw binary of whole bytes, either byte order, and decimal text', async () => {
    const program = (order: string): string => `
manifest = json.load(open("manifest.json"))
for t in manifest["tensors"].values():
    name = os.path.basename(t["file"])[:-4]
    size = (t["bits"] + 7) // 8
    if size in (1, 2, 4, 8):
        a = np.fromfile("bin/%s.bin" % name, "${order}%s%d" % ("i" if t["signed"] else "u", size))
        same(name, a.reshape(t["shape"]), "bin")
    same(name, np.loadtxt("txt/%s.txt" % name, dtype=np.int64).reshape(t["shape"]), "txt")
print("ok")`;
    expect(pythonSays(await bundle(['bin', 'txt'], { bin: { element: 'bytes' } }), program('<'))).toBe('ok\n');
    expect(pythonSays(await bundle(['bin', 'txt'], { bin: { element: 'bytes', endian: 'big' } }), program('>'))).toBe('ok\n');
  });

  test('finds in a .pt file what torch.load rebuilds', async () => {
    const program = `
class Storage(str): pass
class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"): return lambda storage, offset, size, stride, grad, hooks: (storage, offset, size, stride, grad)
        if (module, name) == ("collections", "OrderedDict"): return dict
        assert module == "torch" and name in ("IntStorage", "LongStorage"), (module, name)
        return name
    def persistent_load(self, pid):
        kind, name, key, place, count = pid
        assert (kind, place) == ("storage", "cpu")
        a = np.frombuffer(z.read(stem + "/data/" + key), "<i4" if name == "IntStorage" else "<i8")
        assert a.size == count
        return a
seen = 0
for path in glob.glob("t2c/*/*.pt"):
    stem = os.path.basename(path)[:-3]
    z = zipfile.ZipFile(path)
    assert z.testzip() is None and z.read(stem + "/version") == b"3\\n"
    storage, offset, size, stride, grad = Unpickler(z.open(stem + "/data.pkl")).load()
    assert offset == 0 and grad is False
    view = np.lib.stride_tricks.as_strided(storage, size, [s * storage.itemsize for s in stride])
    same(stem, view, path); seen += 1
assert seen == len(golden) and os.path.exists("t2c/tensors/layer1.0.conv1_x1.pt") and os.path.exists("t2c/params/fc_bias.pt")
print("ok")`;
    expect(pythonSays(await bundle(['t2c']), program)).toBe('ok\n');
  });
});

describe('Icarus Verilog', () => {
  test.each(['hex', 'memb'] as const)('reads the images of %s as the words that the .npy files hold', async (format) => {
    const files = await bundle([format]);
    const { tensors } = readManifest(files);
    const all = Object.values(tensors).filter((t) => t.shape.every((d) => d > 0));
    const stemOf = (file: string): string => (file.split('/').at(-1) as string).replace('.npy', '');
    const modules = all.map(({ file, bits, signed, shape }, i) => {
      const n = shape.reduce((a, b) => a * b, 1);
      return `module m${i}; reg ${signed ? 'signed' : ''} [${bits - 1}:0] mem [0:${n - 1}]; integer i;
initial begin $readmem${format === 'hex' ? 'h' : 'b'}("${format}/${stemOf(file)}.mem", mem);
for (i = 0; i < ${n}; i = i + 1) $display("${stemOf(file)} %0d %0d", i, mem[i]); end endmodule`;
    });
    const program = `
seen = {}
for line in open("out.txt"):
    name, i, v = line.split()
    seen.setdefault(name, []).append(int(v))
for name in seen: same(name, np.array(seen[name]).reshape(golden[name].shape), "mem")
print(len(seen), "ok")`;
    const said = inFolder(
      new Map<string, Uint8Array | string>([...files, ['t.v', modules.join('\n')], ['check.py', golden + program]]),
      (run) => {
        expect(run('iverilog', '-g2012', '-o', 't', ...modules.flatMap((_, i) => ['-s', `m${i}`]), 't.v')).toEqual({ status: 0, out: '' });
        expect(run('sh', '-c', 'vvp -n t > out.txt && grep -ci warning out.txt').out).toBe('0\n');
        return run(python, '-B', 'check.py').out;
      },
    );
    expect(said).toBe(`${all.length} ok\n`);
  });
});

describe('a C compiler', () => {
  const main = `#include <stdio.h>
#include "c/t2c_model.h"
static long long at(const t2c_tensor *t, size_t i) {
  switch (t->type) {
    case T2C_INT8: return ((const int8_t *)t->data)[i];
    case T2C_UINT8: return ((const uint8_t *)t->data)[i];
    case T2C_INT16: return ((const int16_t *)t->data)[i];
    case T2C_UINT16: return ((const uint16_t *)t->data)[i];
    case T2C_INT32: return ((const int32_t *)t->data)[i];
    case T2C_UINT32: return ((const uint32_t *)t->data)[i];
    case T2C_INT64: return ((const int64_t *)t->data)[i];
  }
  return 0;
}
static const char *name(const t2c_tensor *t) { return t ? t->name : "-"; }
int main(void) {
  for (size_t k = 0; k < T2C_TENSORS; k++) {
    const t2c_tensor *t = t2c_tensors[k];
    printf("tensor %s %d %d %d %lld %.17g", t->name, t->bits, t->is_signed, t->rank, (long long)t->zero_point, (double)t->scale[t->scales - 1]);
    for (int r = 0; r < t->rank; r++) printf(" %zu", t->shape[r]);
    printf("\\n");
    for (size_t i = 0; i < t->elements; i++) printf("%lld\\n", at(t, i));
  }
  for (int k = 0; k < T2C_LAYERS; k++) {
    const t2c_layer *l = &t2c_layers[k];
    printf("layer %s %s %s %s %s %s %s %s %s %s\\n", l->name, l->kind, name(l->x1), name(l->x2), name(l->bias), name(l->mul), name(l->shift), name(l->lut), name(l->y), name(l->yq));
  }
  return 0;
}
`;
  test.each(['all', 'constants'] as const)(
    'takes the header without a warning and prints what the .npy files hold: %s',
    async (contents) => {
      const files = await bundle(['c'], { c: { contents } });
      const program = `
manifest = json.load(open("manifest.json"))
by = {os.path.basename(t["file"])[:-4]: t for t in manifest["tensors"].values()}
seen, layers = {}, []
for line in open("out.txt"):
    w = line.split()
    if w[0] == "tensor":
        name = w[1]; seen[name] = []
        shape = [int(v) for v in w[7:]]
        assert shape == list(golden[name].shape) and int(w[4]) == len(shape)
        if name in by:
            t = by[name]; last = t["scale"] if isinstance(t["scale"], (int, float)) else t["scale"][-1]
            assert (int(w[2]), int(w[3]), int(w[5])) == (t["bits"], int(t["signed"]), t["zeroPoint"]) and np.float32(float(w[6])) == np.float32(last)
    elif w[0] == "layer": layers.append(w[1:])
    else: seen[name].append(int(w[0]))
for name in seen: same(name, np.array(seen[name], dtype=object).reshape(golden[name].shape), "c")
assert [l[0] for l in layers] == [op["name"] for op in manifest["ops"]]
if "${contents}" == "all": assert sorted(seen) == sorted(golden)
conv = layers[0]
x = "${contents}" == "all"
assert conv == ["layer1.0.conv1", "conv", "layer1.0.conv1_x1" if x else "-", "layer1.0.conv1_x2", "layer1.0.conv1_bias", "layer1.0.conv1_mul", "layer1.0.conv1_shift", "-", "layer1.0.conv1_y" if x else "-", "layer1.0.conv1_yq" if x else "-"], conv
print("ok")`;
      const said = inFolder(new Map<string, Uint8Array | string>([...files, ['main.c', main], ['check.py', golden + program]]), (run) => {
        const flags = ['-std=c99', '-Wall', '-Wextra', '-Wno-unused-const-variable', '-pedantic', '-Werror'];
        expect(run('cc', ...flags, '-o', 'm', 'main.c')).toEqual({ status: 0, out: '' });
        expect(run('sh', '-c', './m > out.txt').status).toBe(0);
        return run(python, '-B', 'check.py').out;
      });
      expect(said).toBe('ok\n');
    },
  );
});

describe('report.html', () => {
  test('is one page that asks for nothing, with a row for every op and names as text', async () => {
    const input = tinyInput('half-up', ['report']);
    const files = await collect({ ...input, model: { ...input.model, name: '<script>alert("x")</script>&' } });
    const text = utf8Decode(files.get('report.html') as Uint8Array);
    expect(text).not.toMatch(/<script|<link|<img|@import|url\(|https?:|src=/);
    expect(text).toContain(escapeHtml('<script>alert("x")</script>&'));
    for (const op of input.integer.ops) expect(text).toContain(`<th scope="row">${escapeHtml(op.name)}</th>`);
    expect(text.match(/<tr>/g)?.length).toBe(input.integer.ops.length + 1);
    const open = [...text.matchAll(/<(\w+)[^>]*?(\/?)>/g)].filter(
      ([, tag, closed]) => closed === '' && tag !== 'meta' && tag !== 'doctype',
    );
    expect(open.length).toBe([...text.matchAll(/<\/\w+>/g)].length);
  });

  test('has the compared recipes, the best of each column bold, failures with their reason, and no time', async () => {
    const row = (id: string, logitsSqnrDb: number, kl: number): RecipeRow => ({
      id,
      name: `recipe <${id}>`,
      recipe: defaultRecipe,
      outcome: {
        kind: 'done',
        result: {
          ...{ samples: 8, fp32Top1: 0.875, fakeTop1: 0.875, intTop1: 0.875, agreement: 1, fakeIntAgreement: 1, kl, logitsSqnrDb },
          ...{ weightBytes: 4321, islands: 0, convertMs: 98765, evaluateMs: 56789, warnings: [] },
        },
      },
    });
    const failed: RecipeRow = { id: 'c', name: 'third', recipe: defaultRecipe, outcome: { kind: 'failed', reason: 'no room & no time' } };
    const input = { ...tinyInput('half-up', ['report']), compared: [row('a', 31.25, 0.001), row('b', 28.5, 0.0005), failed] };
    const text = utf8Decode((await collect(input)).get('report.html') as Uint8Array);
    const section = /<h2>Recipes compared<\/h2>[^]*?<\/section>/.exec(text)?.[0] ?? '';
    expect(section.match(/<tr>/g)?.length).toBe(4);
    for (const shown of [escapeHtml('recipe <a>'), '<b>31.3</b>', '<b>0.000500</b>', 'third: no room &amp; no time', '>4321<']) {
      expect(section).toContain(shown);
    }
    expect(section).toContain('>28.5<');
    expect(section).not.toMatch(/98765|56789/);
    expect(text).not.toMatch(/recipe <a>/);
  });
});

test('the same bundle in all formats has the same bytes twice, and a file for each that was asked for', async () => {
  const formats = ['hex', 'memb', 'bin', 'txt', 'coe', 'mif', 'npz', 'safetensors', 'c', 't2c', 'report'];
  const options = { hex: { wordWidth: '64', banks: 2 }, coe: { tileRows: 4, tileColumns: 4 } };
  const [a, b] = [await bundle(formats, options), await bundle(formats, options)];
  expect(a).toEqual(b);
  const { exports: told, files } = readManifest(a);
  expect(told?.map((e) => e.format)).toEqual(formats);
  expect(told?.[0]?.options).toMatchObject({ wordWidth: '64', banks: 2, layout: 'stored' });
  expect([...a.keys()].sort()).toEqual([...Object.keys(files), 'manifest.json'].sort());
  const readme = utf8Decode(a.get('README.md') as Uint8Array);
  for (const place of ['hex/*.mem', 'npz/tensors.npz', 'c/t2c_model.h', 'report.html']) expect(readme).toContain(`\`${place}\``);
  expect(readme).not.toContain('rtl/');
});
