// The RTL export of trained networks, through the engine with the real ONNX Runtime: a CNN and a vision transformer in Icarus Verilog.
import { expect, test } from 'vitest';
import { calibrationData, fileInput, memoryEngine, preprocessing, resnet } from '../adapters/node/engine.fixture';
import { concatBytes, defaultRecipe, unzipBundle } from '../core/index';
import { makeIn, withDigit } from '../core/exporters/rtl/simulate.fixture';
import type { FileInput } from './api';

async function bundleOf(model: FileInput): Promise<ReadonlyMap<string, Uint8Array>> {
  const { engine, written } = memoryEngine();
  await engine.open([model], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 8, provider: 'wasm' });
  await engine.convert(defaultRecipe, { sampleIndex: 0, strict: true });
  await engine.exportBundle({ formats: ['rtl'], level: 0 });
  return unzipBundle(concatBytes(written.chunks), 'm.zip');
}

test('a ResNet: every bench passes, the parameters of every op are lint clean, a changed digit is named', async () => {
  const files = await bundleOf(resnet);
  const [run, lint] = makeIn(files, [], ['lint']);
  expect(run?.output).toMatch(/^OK: \d+ test benches$/m);
  expect(run?.status).toBe(0);
  expect([lint?.output, lint?.status]).toEqual(['', 0]);
  const [wrong] = makeIn(withDigit(files, 'hex/layer2.0.conv1_yq.mem', 777), ['-k']);
  expect(wrong?.output).toMatch(/MISMATCH op layer2\.0\.conv1: \.\.\/hex\/layer2\.0\.conv1_yq\.mem .*element 777/);
  expect(wrong?.status).not.toBe(0);
}, 240_000);

test('a vision transformer: every bench passes', async () => {
  const [run] = makeIn(await bundleOf(fileInput('public/samples/vit_fashion.onnx')));
  expect(run?.output).toMatch(/^OK: \d+ test benches$/m);
  expect(run?.status).toBe(0);
}, 240_000);
