/** Laws of project files: what is written is read back, the same project gives the same bytes, and nothing damaged or foreign gets in. */
import { unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { concatBytes, utf8Decode, utf8Encode } from '../base/bytes';
import { quietContext, type Progress } from '../base/context';
import { StudioError } from '../base/errors';
import { sha256Hex } from '../base/hash';
import { createRng } from '../base/rng';
import { writeZip } from '../exporters/zip';
import { defaultRecipe } from '../recipe/recipe';
import type { CarriedFile, Project, ReadProject } from './format';
import { readProject } from './read-project';
import { projectFiles } from './write-project';

const digest = async (bytes: Uint8Array) => sha256Hex(bytes);
const ctx = quietContext();

/** Bytes that no compressor makes smaller. */
function noise(length: number, seed: number): Uint8Array {
  const random = createRng(seed);
  return Uint8Array.from({ length }, () => random.int(0, 255));
}

const files = (...all: CarriedFile[]) => all.map((f) => ({ carried: f, given: { path: f.path ?? f.name, read: async () => f.bytes } }));

const model = files(
  { name: 'net.onnx', path: 'folder/net.onnx', bytes: noise(30_000, 1) },
  { name: '../../weights.bin', path: undefined, bytes: noise(7000, 2) },
);
const calib = files({ name: 'calib.npz', path: undefined, bytes: noise(5000, 3) });

const whole: Project = {
  tool: 'Torch2Chip Studio 0.1.0',
  savedAt: '2026-11-25T09:30:00.000Z',
  model: {
    name: 'net',
    identity: sha256Hex(Uint8Array.of(1)),
    shapes: { x: [1, 3, 8, 8] },
    sample: undefined,
    files: model.map((f) => f.given),
  },
  data: {
    calibration: { name: 'calib.npz', synthetic: undefined, preprocessing: { mean: [0.5] }, files: calib.map((f) => f.given) },
    evaluation: { name: 'test.npz', synthetic: undefined, preprocessing: undefined, files: undefined },
  },
  recipe: { ...defaultRecipe, layers: [{ match: 'layer1.*', weightBits: 4, keep: 'integer' }] },
  calibration: noise(9000, 4),
  view: { selection: 'layer1.0.conv1', collapsed: ['layer2'] },
  results: { conversion: { layers: [], logitsSqnrDb: 31.25 } },
};
const bare: Project = {
  ...whole,
  model: { ...whole.model, shapes: undefined, files: undefined },
  data: { calibration: { name: 'random numbers', synthetic: 32, preprocessing: undefined, files: undefined } },
  calibration: undefined,
  view: undefined,
  results: undefined,
};

async function written(project: Project, level = 6): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await writeZip(projectFiles(project, digest, ctx), { write: (c) => void chunks.push(c.slice()) }, level, ctx);
  return concatBytes(chunks);
}
const read = (bytes: Uint8Array) => readProject(bytes, 'a.t2cproj', digest, ctx);

/** What reading must give: the same, with the bytes of its files. A name with slashes is read as a path. */
const expected = (p: Project): ReadProject => ({
  ...p,
  model: {
    ...p.model,
    files: p.model.files && [
      { name: 'net.onnx', path: 'folder/net.onnx', bytes: model[0]?.carried.bytes as Uint8Array },
      { name: 'weights.bin', path: '../../weights.bin', bytes: model[1]?.carried.bytes as Uint8Array },
    ],
  },
  data: {
    ...(p.data.calibration && {
      calibration: { ...p.data.calibration, files: p.data.calibration.files && calib.map((f) => f.carried) },
    }),
    ...(p.data.evaluation && { evaluation: { ...p.data.evaluation, files: undefined } }),
  },
});

async function refusal(bytes: Uint8Array): Promise<StudioError['fields']> {
  const error = await read(bytes).catch((e: unknown) => e);
  if (!(error instanceof StudioError)) throw new Error('a StudioError was expected');
  expect(error.fields.where?.file).toBe('a.t2cproj');
  return error.fields;
}

/** The zip with some of its files replaced (undefined: taken out). */
function changed(bytes: Uint8Array, change: Readonly<Record<string, Uint8Array | undefined>>): Uint8Array {
  const entries = Object.entries({ ...unzipSync(bytes), ...change }).filter((e): e is [string, Uint8Array] => e[1] !== undefined);
  return zipSync(Object.fromEntries(entries));
}
const withManifest = (bytes: Uint8Array, change: (manifest: Record<string, unknown>) => unknown): Uint8Array =>
  changed(bytes, {
    'project.json': utf8Encode(
      JSON.stringify(change(JSON.parse(utf8Decode(unzipSync(bytes)['project.json'] as Uint8Array)) as Record<string, unknown>)),
    ),
  });

test.each([
  ['whole', whole],
  ['bare', bare],
])('a %s project is read back as it was written, stored or deflated', async (_, project) => {
  for (const level of [0, 6]) expect(await read(await written(project, level))).toEqual(expected(project));
});

test('plugins are kept as their texts, and a recipe may name what they bring', async () => {
  const plugins = [
    { file: 'mine.ts', source: 'export default { name: "é" };\n' },
    { file: '__proto__.js', source: '' },
  ];
  const recipe = { ...whole.recipe, weights: { ...whole.recipe.weights, algorithm: 'mine' } };
  expect(await read(await written({ ...bare, plugins, recipe }))).toEqual(expected({ ...bare, plugins, recipe }));
  await expect(read(await written({ ...bare, recipe }))).rejects.toThrow(/no quantizer of weights/);
});

test('the same project gives the same bytes, and what was read gives them again', async () => {
  const bytes = await written(whole);
  expect(await written(whole)).toEqual(bytes);
  const back = await read(bytes);
  const again = (all: readonly CarriedFile[] | undefined) => all?.map((f) => ({ path: f.path ?? f.name, read: async () => f.bytes }));
  const data = Object.fromEntries(Object.entries(back.data).map(([role, d]) => [role, { ...d, files: again(d.files) }]));
  expect(await written({ ...back, model: { ...back.model, files: again(back.model.files) }, data })).toEqual(bytes);
});

test('names of files never become paths of the zip', async () => {
  const names = Object.keys(unzipSync(await written(whole))).sort();
  expect(names).toEqual(
    ['calibration.bin', 'calibration/0', 'model/0', 'model/1', 'project.json', 'recipe.json', 'results.json', 'view.json'].sort(),
  );
});

test('a project that was cut off anywhere is refused', async () => {
  const bytes = await written(whole);
  for (const share of [0.0001, 0.2, 0.5, 0.9, 0.999]) {
    const { code } = await refusal(bytes.slice(0, Math.max(5, Math.floor(bytes.length * share))));
    expect(code).toBe('truncated');
  }
  expect((await refusal(new Uint8Array())).code).toBe('empty-file');
});

test('a changed byte in any part is found, also where the zip is whole', async () => {
  const bytes = await written(whole);
  for (const [path, part] of Object.entries(unzipSync(bytes))) {
    if (path === 'project.json') continue;
    const wrong = part.slice();
    wrong[wrong.length >> 1] = (wrong[wrong.length >> 1] as number) ^ 1;
    const error = await refusal(changed(bytes, { [path]: wrong }));
    expect([error.code, error.what]).toEqual(['bad-project', `The project is damaged. Its part ${path} was changed or damaged`]);
    expect((await refusal(changed(bytes, { [path]: undefined }))).what).toContain(`${path} is missing`);
  }
});

test('other files are told apart by name', async () => {
  expect((await refusal(utf8Encode('hello, this is a text'))).code).toBe('bad-project');
  expect(await refusal(zipSync({ 'manifest.json': utf8Encode('{}') }))).toMatchObject({ code: 'bad-project', got: 'a zip without it' });
  expect(await refusal(zipSync({ 'project.json': utf8Encode('{') }))).toMatchObject({ code: 'bad-project' });
  expect(await refusal(zipSync({ 'project.json': utf8Encode('{"format":"other","version":1}') }))).toMatchObject({
    what: 'This is not a project of the studio',
  });
});

test('a project of a newer studio says so, one without its keys says which', async () => {
  const bytes = await written(bare);
  expect(await refusal(withManifest(bytes, (m) => ({ ...m, version: 99 })))).toMatchObject({
    what: 'This project was saved by a newer studio',
    got: 'version 99',
  });
  for (const version of [0, 1.5, '2', null]) {
    expect((await refusal(withManifest(bytes, (m) => ({ ...m, version })))).code).toBe('bad-project');
  }
  expect((await refusal(withManifest(bytes, ({ model: _, ...m }) => m))).what).toContain('project.json is not valid at model');
});

test('a recipe that no studio can run is refused by name', async () => {
  const recipe = utf8Encode('{"version":1,"weights":{"bits":40}}');
  const bytes = changed(await written(bare), { 'recipe.json': recipe });
  const fixed = withManifest(bytes, (m) => ({ ...m, parts: { ...(m['parts'] as object), 'recipe.json': sha256Hex(recipe) } }));
  await expect(read(fixed)).rejects.toMatchObject({ fields: { code: 'bad-recipe' } });
});

test('progress is monotone and ends at its total', async () => {
  const seen: Progress[] = [];
  await readProject(await written(whole), 'a', digest, { ...ctx, progress: (p) => void seen.push(p) });
  expect(seen.map((p) => p.done)).toEqual(seen.map((_, i) => i));
  expect(seen.at(-1)?.done).toBe(seen.at(-1)?.total);
});
