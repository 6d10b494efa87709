/** The engine's ports in Node: ONNX Runtime with one thread, the executor with all, the process's clock, files by path. */
import { createHash } from 'node:crypto';
import { decodeImage } from '../images/decode';
import { nodeRunner } from '../onnxruntime/node';
import { ticker } from '../tick';
import { tool } from '../tool';
import type { EnginePorts } from '../../engine/ports';
import { openFileSink } from './file-sink';
import { learnedFile } from './learned-file';
import { nodeScratch } from './scratch';
import { nodeTeam } from './team';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `placeOf` says where a bundle with this name is written, `resume` where learned layers are kept. */
export function nodePorts(placeOf: (fileName: string) => string, resume?: string): EnginePorts {
  return {
    runner: nodeRunner(),
    decodeImage,
    openSink: (fileName) => openFileSink(placeOf(fileName)),
    now: () => performance.now(),
    tick: ticker(turn),
    tool,
    ...(resume === undefined ? {} : { learned: learnedFile(resume) }),
    openScratch: nodeScratch,
    team: nodeTeam(),
    sha256: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
  };
}
