// Debian's python3-onnx on the three models of a bundle: they load, their shapes are inferred strictly, the checker accepts
// those of standard operators, and their weights are the integers of the .npy files.
import { beforeAll, expect, test } from 'vitest';
import { calibrationData, memoryEngine, preprocessing, resnet } from '../../adapters/node/engine.fixture';
import { concatBytes } from '../base/bytes';
import { defaultRecipe } from '../recipe/recipe';
import { inFolder, python } from './formats.fixture';
import { unzipBundle } from './read-bundle';

let files: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  const { engine, written } = memoryEngine();
  await engine.open([resnet], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 2, provider: 'wasm' });
  await engine.convert(defaultRecipe, { sampleIndex: 0, strict: false });
  await engine.exportBundle({ formats: ['qonnx'], level: 0 });
  files = unzipBundle(concatBytes(written.chunks), 'bundle');
});

const program = `
import glob, json, os, sys
import numpy as np
import onnx
from onnx import numpy_helper
model = onnx.load("model/%s.onnx" % sys.argv[1])
own = [d.domain for d in model.opset_import if d.domain]
if own: assert own == ["qonnx.custom_op.general"], own
else:
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True)
arrays = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
manifest = json.load(open("manifest.json"))
found = 0
for op in manifest["ops"]:
    if op["kind"] not in ("conv", "gemm"): continue
    t = manifest["tensors"][op["weight"]]
    q = np.load(t["file"]).astype(np.int64)
    scale = np.array(t["scale"], dtype=np.float32).reshape([-1] + [1] * (q.ndim - 1)) if t["axis"] == 0 else np.float32(t["scale"]) if t["axis"] is None else np.array(t["scale"], dtype=np.float32)
    forms = [q, q + 128, q.T, q.T + 128] if sys.argv[1] != "qonnx" else []
    flat = [np.sort(f.ravel()) for f in forms]
    real = q * scale.astype(np.float64)
    for name, a in arrays.items():
        if a.size != q.size: continue
        if a.dtype.kind in "iu" and any((np.sort(a.astype(np.int64).ravel()) == f).all() for f in flat): found += 1; break
        # float weights that the Quant node rounds to these integers
        if a.dtype.kind == "f" and a.shape == q.shape and np.abs(a - real).max() <= 0.5001 * scale.max(): found += 1; break
weights = sum(op["kind"] in ("conv", "gemm") for op in manifest["ops"])
print(found, "of", weights, len(model.graph.node) > weights)
`;

test.each(['integer', 'qdq', 'qonnx'])('model/%s.onnx is read by python3-onnx, its weights are those of the bundle', (name) => {
  const said = inFolder(new Map<string, Uint8Array | string>([...files, ['check.py', program]]), (run) =>
    run(python, '-B', 'check.py', name),
  );
  expect(said.out).toMatch(/^(\d+) of \1 True\n$/);
  expect(said.status).toBe(0);
});
