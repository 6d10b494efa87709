/**
 * The page's end of the door: one hidden frame without an origin for each sandbox that the engine's worker asks for. The page hands
 * ports on and reads nothing of what passes. Taking a frame away ends its worker, whatever that does.
 */
import { frameText } from '../adapters/sandbox/frame-text';
import type { Alarm, DoorReport, DoorRequest } from '../adapters/sandbox/protocol';

export interface Frames {
  /** For the engine's worker. */
  readonly port: MessagePort;
  /** When that worker is gone: all its frames go. */
  close(): void;
}

export function openFrames(): Frames {
  const { port1, port2 } = new MessageChannel();
  const frames = new Map<number, HTMLIFrameElement>();
  port1.onmessage = ({ data, ports }: MessageEvent<DoorRequest>) => {
    if (data.kind === 'close') {
      frames.get(data.id)?.remove();
      frames.delete(data.id);
      return;
    }
    const [port] = ports;
    if (port === undefined) return;
    const { id, text } = data;
    frames.set(
      id,
      hold(text, port, (alarm) => port1.postMessage({ id, alarm } satisfies DoorReport)),
    );
  };
  return {
    port: port2,
    close() {
      port1.close();
      for (const frame of frames.values()) frame.remove();
      frames.clear();
    },
  };
}

function hold(text: string, port: MessagePort, onAlarm: (alarm: Alarm) => void): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.title = 'Sandbox of a plugin';
  frame.hidden = true;
  frame.srcdoc = frameText;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<unknown>) => {
    port1.close();
    onAlarm(alarmOf(data));
  };
  frame.addEventListener(
    'load',
    // a frame without an origin can only be addressed as any; it is ours, and was just loaded
    () => frame.contentWindow?.postMessage(text, '*', [port, port2]),
    { once: true },
  );
  document.body.append(frame);
  return frame;
}

/** It comes from a frame that plugin code cannot reach; still nothing is taken for granted. */
function alarmOf(data: unknown): Alarm {
  const { message, line, column } = (typeof data === 'object' && data !== null ? data : {}) as Readonly<Record<string, unknown>>;
  const whole = (n: unknown): number => (typeof n === 'number' && Number.isInteger(n) ? n : 0);
  return { message: typeof message === 'string' ? message.slice(0, 500) : 'no message', line: whole(line), column: whole(column) };
}
