/**
 * The engine worker's end of the door to the page: only a page can hold frames, so it opens and closes them, and hands their ports
 * straight to this worker. Calls never pass the page's thread. The page's end is src/app/sandbox-frames.ts.
 */
import type { Alarm, DoorReport, DoorRequest } from './protocol';
import type { Opened } from './host';

export interface Door {
  open(text: string): Opened;
}

export function createDoor(port: MessagePort): Door {
  const alarms = new Map<number, (alarm: Alarm) => void>();
  let count = 0;
  port.onmessage = ({ data }: MessageEvent<DoorReport>) => {
    alarms.get(data.id)?.(data.alarm);
    alarms.delete(data.id);
  };
  return {
    open(text) {
      const id = ++count;
      const { port1, port2 } = new MessageChannel();
      port.postMessage({ kind: 'open', id, text } satisfies DoorRequest, [port2]);
      return {
        port: port1,
        close: () => {
          alarms.delete(id);
          port.postMessage({ kind: 'close', id } satisfies DoorRequest);
        },
        onAlarm: (report) => alarms.set(id, report),
      };
    },
  };
}

const doorMessage = 'torch2chip:sandbox-door';

/** The page's side gives the door to a new engine worker, before anything else. */
export function giveDoor(worker: Pick<Worker, 'postMessage'>, port: MessagePort): void {
  worker.postMessage(doorMessage, [port]);
}

/** In the worker, before any other listener: the door, when it comes. */
export function takeDoor(scope: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>): Promise<Door> {
  return new Promise((resolve) => {
    const listen = (event: Event): void => {
      const { data, ports } = event as MessageEvent<unknown>;
      const [port] = ports;
      if (data !== doorMessage || port === undefined) return;
      event.stopImmediatePropagation();
      scope.removeEventListener('message', listen);
      resolve(createDoor(port));
    };
    scope.addEventListener('message', listen);
  });
}
