/** A context of the core for work that is done without the engine. */
import { nodePorts } from '../adapters/node/ports';
import { jobContext, type JobContext } from '../engine/job';
import type { Terminal } from './terminal';

export function engineContext(terminal: Terminal): JobContext {
  return jobContext(
    nodePorts((name) => name),
    terminal.job(),
  );
}
