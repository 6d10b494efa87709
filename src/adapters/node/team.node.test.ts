/** Threads of the executor in Node: the same integers as one thread gives, whatever happens to a mate. */
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { concatBytes, createTeam, defaultRecipe, execute, readBundle, unzipBundle, type Team } from '../../core/index';
import { CancelledError } from '../../core/base/errors';
import { createRng } from '../../core/base/rng';
import { randomInputs } from '../../core/integer/lawful.fixture';
import { quietContext, type Progress } from '../../core/base/context';
import { accumulator, base, Bench, seeds } from '../../core/integer/execute/bench.fixture';
import { board } from '../../core/integer/team/board';
import type { IntegerModel, IntTensor } from '../../core/ir/integer-model';
import { calibrationData, memoryEngine, preprocessing, resnet } from './engine.fixture';
import { nodeTeam } from './team';

const enough = 1e9;
/** So long that a mate that is awake claims its part before the lead has done one. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
/** A mate that claims the first part it can, and goes. */
const takes = `
  const words = new Int32Array(require('node:worker_threads').workerData);
  Atomics.add(words, ${board.entered}, 1);
  Atomics.notify(words, ${board.entered});
  Atomics.wait(words, ${board.order}, 0);
  Atomics.add(words, ${board.claimed}, 1);
`;
const ctx = quietContext();

/** A team that waits for its mates, and counts what they were ordered. */
function counted(threads: number): { readonly team: Team; orders(): number } {
  const team = nodeTeam(threads, { patient: true }) as Team;
  let orders = 0;
  const begin: Team['begin'] = (...args) => {
    const session = team.begin(...args);
    return (
      session && {
        ...session,
        share: (...order) => {
          orders++;
          return session.share(...order);
        },
      }
    );
  };
  return { team: { ...team, begin }, orders: () => orders };
}

function convolution(seed: number): { model: IntegerModel; inputs: ReadonlyMap<string, IntTensor> } {
  const b = new Bench(seed);
  const group = b.rng.int(0, 2) === 0 ? b.rng.int(2, 9) : 1;
  const [inputs, outputs] = [group * b.rng.int(1, 6), group * b.rng.int(1, 12)];
  const [height, width] = [b.rng.int(3, 40), b.rng.int(3, 40)];
  b.input('x', [b.rng.int(1, 2), inputs, height, width], b.rng.int(0, 3) === 0 ? 16 : 8);
  const batch = b.values.get('x')?.shape[0] ?? 1;
  const quant = b.output([batch, outputs, height, width]);
  const op = {
    ...base,
    kind: 'conv',
    macs: enough,
    weight: b.constant('w', [outputs, inputs / group, 3, 3], -127, 127),
    bias: b.constant('b', [outputs], -(2 ** 20), 2 ** 20),
    attrs: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group },
    requant: b.requant(outputs, quant, 2e5),
    acc: 'acc',
    accumulator,
  } as const;
  return { model: b.model([op]), inputs: b.tensors };
}

function product(seed: number): { model: IntegerModel; inputs: ReadonlyMap<string, IntTensor> } {
  const b = new Bench(seed);
  const [lines, k, columns] = [b.rng.int(1, 40), b.rng.int(1, 70), b.rng.int(1, 90)];
  const constant = b.rng.int(0, 1) === 0;
  const lead = b.rng.int(1, 4);
  b.input('x', [lead, lines, k]);
  if (!constant) b.input('v', [lead, k, columns]);
  const quant = b.output([lead, lines, columns]);
  const op = {
    ...base,
    kind: 'matmul',
    macs: enough,
    inputs: constant ? ['x'] : ['x', 'v'],
    weight: constant ? b.constant('w', [k, columns], -127, 127) : undefined,
    bias: undefined,
    attrs: { transB: 0 },
    requant: b.requant(1, quant, 2e5),
    acc: 'acc',
    accumulator,
  } as const;
  return { model: b.model([op]), inputs: b.tensors };
}

describe('with 3 threads', () => {
  const { team, orders } = counted(3);
  afterAll(() => team.close());

  test.each([
    ['convolutions', convolution],
    ['products', product],
  ] as const)('%s are those of one thread', async (_, make) => {
    for (const seed of seeds(12)) {
      const { model, inputs } = make(seed);
      for (const keep of ['all', 'outputs'] as const) {
        const before = orders();
        const one = await execute(model, inputs, { keep }, ctx);
        expect(await execute(model, inputs, { keep, team }, ctx)).toEqual(one);
        expect(orders()).toBe(before + 1);
      }
    }
  });

  test('results are arrays of their own', async () => {
    const { model, inputs } = convolution(1);
    const tensors = await execute(model, inputs, { keep: 'all', team }, ctx);
    for (const { data } of tensors.values()) expect(data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('what is cancelled stops, and the team goes on', async () => {
    const { model, inputs } = convolution(2);
    const cancelled = { ...ctx, signal: { aborted: true } };
    await expect(execute(model, inputs, { keep: 'all', team }, cancelled)).rejects.toBeInstanceOf(CancelledError);
    expect(await execute(model, inputs, { keep: 'all', team }, ctx)).toEqual(await execute(model, inputs, { keep: 'all' }, ctx));
  });

  test('two runs at a time: one has the team, both are right', async () => {
    const { model, inputs } = product(3);
    const one = await execute(model, inputs, { keep: 'all' }, ctx);
    const both = await Promise.all([1, 2].map(() => execute(model, inputs, { keep: 'all', team }, ctx)));
    expect(both).toEqual([one, one]);
  });
});

test('a mate that dies with a part it has claimed: the run is done again alone, the next has new mates', async () => {
  const { team, orders } = counted(2);
  const { model, inputs } = convolution(5);
  const one = await execute(model, inputs, { keep: 'all' }, ctx);
  await execute(model, inputs, { keep: 'all', team }, ctx);
  const before = orders();
  const told: Progress[] = [];
  // it enters, takes whatever is ordered first, and does nothing
  const silent = createTeam(
    2,
    () => ({
      post: ({ run }) => void new Worker(takes, { eval: true, workerData: run.board }),
      end: () => undefined,
    }),
    { patient: true },
  );
  const late: Team = {
    ...silent,
    begin: (...args) => {
      const session = silent.begin(...args);
      return session && { ...session, share: (order, work, c) => session.share(order, (part) => pause().then(() => work(part)), c) };
    },
  };
  expect(await execute(model, inputs, { keep: 'all', team: late }, { ...ctx, progress: (p) => void told.push(p) })).toEqual(one);
  expect(told.map((p) => p.done)).toEqual([1]);
  expect(await execute(model, inputs, { keep: 'all', team }, ctx)).toEqual(one);
  expect(orders()).toBe(before + 1);
  team.close();
});

test('a mate that ends in between leaves its part to the lead', async () => {
  const { team } = counted(2);
  const { model, inputs } = convolution(7);
  const dying: Team = {
    ...team,
    begin: (...args) => {
      const session = team.begin(...args);
      team.close();
      return session;
    },
  };
  const one = await execute(model, inputs, { keep: 'all' }, ctx);
  expect(await execute(model, inputs, { keep: 'all', team: dying }, ctx)).toEqual(one);
  expect(await execute(model, inputs, { keep: 'all', team }, ctx)).toEqual(one);
  team.close();
});

test('a whole network, with every tensor', async () => {
  const { team, orders } = counted(2);
  const { engine, written } = memoryEngine();
  await engine.open([resnet], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 2, provider: 'wasm' });
  await engine.convert(defaultRecipe, { sampleIndex: 0, strict: true });
  await engine.exportBundle({ formats: [], level: 0 });
  const { model } = readBundle(unzipBundle(concatBytes(written.chunks), 'resnet.zip'));
  // its ops are so small that the lead would do them alone
  const large = { ...model, ops: model.ops.map((op) => ({ ...op, macs: enough })) };
  const inputs = randomInputs(large, createRng(1));
  for (const keep of ['all', 'outputs'] as const) {
    expect(await execute(large, inputs, { keep, team }, ctx)).toEqual(await execute(model, inputs, { keep }, ctx));
  }
  expect(orders()).toBe(2 * model.ops.filter((op) => op.kind === 'conv' || op.kind === 'gemm').length);
  team.close();
});
