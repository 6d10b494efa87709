/** The entry of a worker thread that is a mate of the executor. */
import { parentPort } from 'node:worker_threads';
import type { MateOrder } from '../../core/integer/team/team';
import { serveMate } from '../mates/serve';

parentPort?.on('message', serveMate(() => parentPort?.close()) satisfies (order: MateOrder) => void);
