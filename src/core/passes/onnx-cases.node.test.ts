/**
 * Conformance: ONNX's own cases for the operators in scope. fixtures/onnx-known-failures.json says which fail and why; it
 * must hold exactly those, so a case that begins to pass has to leave it, and its length is bounded here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultOf, onnxCases } from './onnx-cases.fixture';

/** May be lowered, never raised. */
const MOST_FAILURES = 44;

// our own file
const { failures } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/onnx-known-failures.json'), 'utf8')) as {
  readonly failures: Readonly<Record<string, string>>;
};

test('every case of ONNX gives what it must, but for those that are known to fail', async () => {
  const cases = onnxCases();
  expect(cases.length).toBeGreaterThan(1600);
  expect(new Set(cases.map((c) => c.name)).size).toBe(cases.length);
  const unexpected: string[] = [];
  const passing: string[] = [];
  for (const c of cases) {
    const fault = await faultOf(c);
    const known = Object.hasOwn(failures, c.name);
    if (fault !== undefined && !known) unexpected.push(`${c.name}: ${fault}`);
    if (fault === undefined && known) passing.push(c.name);
  }
  expect(unexpected, 'these fail now').toEqual([]);
  expect(passing, 'these pass now: take them off fixtures/onnx-known-failures.json').toEqual([]);
});

test('the list of known failures names cases that exist, each with a reason, and does not grow', () => {
  const names = new Set(onnxCases().map((c) => c.name));
  for (const [name, reason] of Object.entries(failures)) {
    expect(names, name).toContain(name);
    expect(reason.length, name).toBeGreaterThan(20);
  }
  expect(Object.keys(failures).length).toBeLessThanOrEqual(MOST_FAILURES);
});
