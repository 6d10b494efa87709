/** What is kept of learning comes back bit for bit, and what was torn costs only itself. */
import { expect, test } from 'vitest';
import { concatBytes } from '../base/bytes';
import { createRng } from '../base/rng';
import type { LearnedWeight } from '../quant/quantizer';
import type { LearnedBlock } from '../reconstruct/block';
import { learnedFileHead, readLearned, takeLearned, writeLearned } from './learned-file';
import type { Finished, LearnedRecord } from './types';

const key = 'ab'.repeat(32);

function record(place: number, integers: Int32Array): LearnedRecord {
  const value: LearnedWeight = { integers, before: Math.PI * 1e-9, after: 1 / 3e12, moved: 7, iterations: 20 };
  return { kind: 'weights', key: `läyer.${place}`, place, count: 3, value };
}

const block: LearnedBlock = {
  scales: [Float32Array.of(0.1, 3), Float32Array.of(1e-30)],
  integers: [Int32Array.of(-7, 7), Int32Array.of(300)],
  ...{ before: 0.1, after: 0.05, iterations: 500, moved: 2, kept: { steps: false, roundings: true } },
};

const rng = createRng(1);
const records: readonly LearnedRecord[] = [
  record(
    0,
    Int32Array.from({ length: 1001 }, () => rng.int(-128, 127)),
  ),
  { kind: 'steps', key: 'x:8', place: 1, count: 2, value: { scale: Float32Array.of(0.1, 3), before: 0, after: 5e-324, iterations: 500 } },
  record(1, Int32Array.of(128, -129, 2147483647, -2147483648)),
  record(2, new Int32Array()),
  { kind: 'blocks', key: 'add:0', place: 0, count: 1, value: block },
];
const file = concatBytes([learnedFileHead(key), ...records.map(writeLearned)]);

test('records come back as they were written', () => {
  const read = readLearned(file);
  expect(read).toEqual({ key, records, end: file.length });
  const [first] = read?.records ?? [];
  expect(first?.kind === 'weights' && (first.value as LearnedWeight).integers).toBeInstanceOf(Int32Array);
  // weights of at most 8 bits take a byte each
  expect(writeLearned(records[0] as LearnedRecord).length).toBeLessThan(1001 + 300);
});

test('a file that was torn anywhere gives the records before, and says where to go on', () => {
  const ends = records.map((_, i) => concatBytes([learnedFileHead(key), ...records.slice(0, i).map(writeLearned)]).length);
  for (let length = 0; length < file.length; length += 7) {
    const read = readLearned(file.subarray(0, length));
    if (length < learnedFileHead(key).length) {
      expect(read).toBeUndefined();
      continue;
    }
    const whole = [...ends, file.length].findLastIndex((end) => end <= length);
    expect(read?.records).toEqual(records.slice(0, whole));
    expect(read?.end).toBe([...ends, file.length][whole]);
  }
});

test('a damaged record ends the reading', () => {
  const damaged = file.slice();
  const at = learnedFileHead(key).length + writeLearned(records[0] as LearnedRecord).length + 30;
  damaged[at] = (damaged[at] as number) ^ 1;
  expect(readLearned(damaged)?.records).toEqual(records.slice(0, 1));
  expect(readLearned(new Uint8Array(200))).toBeUndefined();
});

test('records go where prepare looks for them; the last of a layer counts', () => {
  const finished: Finished = { weights: new Map(), steps: new Map(), blocks: new Map() };
  takeLearned([...records, record(0, Int32Array.of(5))], finished);
  expect([...finished.weights.keys()]).toEqual(['läyer.0', 'läyer.1', 'läyer.2']);
  expect(finished.weights.get('läyer.0')?.integers).toEqual(Int32Array.of(5));
  expect([...finished.steps.keys()]).toEqual(['x:8']);
  expect(finished.blocks.get('add:0')).toEqual(block);
});
