/** The engine worker: the engine with the page's adapters, ONNX Runtime in a worker below it that can be ended. */
import { expose } from 'comlink';
import { platformSha256 } from '../src/adapters/digest';
import { decodeImage } from '../src/adapters/images/decode';
import { pageTeam } from '../src/adapters/mates/page';
import { pageLearnedStore } from '../src/adapters/learned-store';
import { messagePause } from '../src/adapters/message-pause';
import { remoteRunner } from '../src/adapters/onnxruntime/remote';
import { pageScratch } from '../src/adapters/opfs-scratch';
import { openPageSink } from '../src/adapters/opfs-sink';
import { serve } from '../src/adapters/rpc/serve';
import { takeDoor } from '../src/adapters/sandbox/door';
import { createSandboxes } from '../src/adapters/sandbox/sandboxes';
import { ticker } from '../src/adapters/tick';
import { tool } from '../src/adapters/tool';
import type { EngineApi, JobProgress } from '../src/engine/api';
import { createEngine } from '../src/engine/create-engine';

const sha256 = platformSha256();
const engine = createEngine({
  runner: remoteRunner(() => new Worker(new URL('./inference.ts', import.meta.url), { type: 'module', name: 'inference' })),
  decodeImage,
  openSink: openPageSink,
  now: () => performance.now(),
  tick: ticker(messagePause()),
  tool,
  learned: pageLearnedStore(),
  openScratch: pageScratch(),
  openPlugins: createSandboxes(takeDoor(self)),
  team: pageTeam(() => new Worker(new URL('./mate.ts', import.meta.url), { type: 'module', name: 'mate' })),
  ...(sha256 ? { sha256 } : {}),
});

expose(
  serve<JobProgress>(
    async (method, args, job) => {
      // the calling end is typed by the same EngineApi; its methods take the job last
      const call = engine[method as keyof EngineApi] as (...all: unknown[]) => Promise<unknown>;
      return call(...args, job);
    },
    ['tensorWindow', 'compareWindow', 'tensorFile', 'saveCalibration'],
  ),
);
