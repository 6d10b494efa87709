/**
 * The mate's end of a thread: takes part in the runs that it is sent, keeps the last model, and ends itself after a
 * while without any, with its memory. Knows neither kind of worker.
 */
import { workAsMate } from '../../core/index';
import type { IntegerModel } from '../../core/ir/integer-model';
import type { MateOrder } from '../../core/integer/team/team';

const IDLE_MS = 30_000;

/** What to do with each message. `leave` ends the thread. */
export function serveMate(leave: () => void): (order: MateOrder) => void {
  let model: IntegerModel | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return ({ model: sent, run }) => {
    clearTimeout(timer);
    model = sent ?? model;
    if (!model) return leave();
    workAsMate(model, run).then(() => {
      clearTimeout(timer);
      timer = setTimeout(leave, IDLE_MS);
    }, leave);
  };
}
