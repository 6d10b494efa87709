/** The gallery: public/samples/index.json, read once and checked. Files are fetched from beside the page only. */
import * as v from 'valibot';
import { StudioError } from '../../core/base/errors';
import type { FileInput } from '../../engine/api';
import type { SampleEntry } from '../state';
import { setWork } from '../store';

const numbers = v.array(v.number());
const entry = v.object({
  id: v.string(),
  title: v.string(),
  family: v.string(),
  model: v.string(),
  modelBytes: v.number(),
  calibration: v.optional(v.string()),
  calibrationSamples: v.optional(v.number()),
  test: v.optional(v.string()),
  testSamples: v.optional(v.number()),
  inputShape: numbers,
  shapes: v.optional(v.record(v.string(), numbers)),
  preprocessing: v.optional(v.object({ scale: v.number(), mean: numbers, std: numbers })),
  fp32Top1: v.optional(v.number()),
});
const index = v.object({ samples: v.array(entry) });

const address = (file: string): string => new URL(`samples/${file}`, document.baseURI).href;

export async function loadSamples(): Promise<void> {
  try {
    const answer = await fetch(address('index.json'));
    const samples: readonly SampleEntry[] = v.parse(index, await answer.json()).samples;
    setWork({ samples: { kind: 'ready', value: samples } });
  } catch (error) {
    setWork({
      samples: {
        kind: 'failed',
        error: { code: 'storage', what: 'The samples could not be read', got: error instanceof Error ? error.message : String(error) },
        previous: undefined,
      },
    });
  }
}

/** Rejects with a StudioError, or as cancelled when the signal says so. */
export async function fetchSampleFile(name: string, signal: AbortSignal): Promise<FileInput> {
  const unread = (got: string) =>
    new StudioError({
      code: 'storage',
      what: `The sample file ${name} could not be read`,
      got,
      todo: 'Try again when the page is reachable.',
    });
  try {
    const answer = await fetch(address(name), { signal });
    if (!answer.ok) throw unread(`status ${answer.status}`);
    return { name, data: await answer.blob() };
  } catch (error) {
    if (signal.aborted || error instanceof StudioError) throw error;
    throw unread(error instanceof Error ? error.message : String(error));
  }
}
