/** A project of every older version opens as if it had been saved today. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { sha256Hex } from '../base/hash';
import { isCalibrationFile } from '../calibrate/merge';
import { defaultRecipe } from '../recipe/recipe';
import { migrated } from './migrate';
import { readProject } from './read-project';

const fixture = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, '../../../fixtures', name)));

test('version 1: its model, recipe, view and statistics; it had no data', async () => {
  const model = fixture('bad/good.onnx');
  const project = await readProject(fixture('projects/v1.t2cproj'), 'v1.t2cproj', async (b) => sha256Hex(b), quietContext());
  expect(project.model).toEqual({
    name: 'good',
    identity: sha256Hex(model),
    shapes: undefined,
    sample: undefined,
    files: [{ name: 'good.onnx', path: undefined, bytes: model }],
  });
  expect(project.data).toEqual({});
  expect(project.recipe).toEqual({
    ...defaultRecipe,
    weights: { ...defaultRecipe.weights, bits: 4 },
    layers: [{ match: 'conv', weightBits: 8 }],
  });
  expect(project.view).toEqual({ selection: 'conv', colourBy: 'operator', inspectorTab: 'info' });
  expect(isCalibrationFile(project.calibration ?? new Uint8Array())).toBe(true);
});

test('a project of the present version is left as it is', () => {
  const now = { format: 't2cproj', version: 2, model: { name: 'a', identity: 'b' }, data: {}, more: [1] };
  expect(migrated(now, 'a')).toEqual(now);
});
