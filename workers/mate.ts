/** A mate of the engine: does its part of large operations of the exact executor. */
import { serveMate } from '../src/adapters/mates/serve';
import type { MateOrder } from '../src/core/integer/team/team';

const serve = serveMate(() => {
  postMessage('leaves');
  close();
});
addEventListener('message', ({ data }: MessageEvent<MateOrder>) => serve(data));
