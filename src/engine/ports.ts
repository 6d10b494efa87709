/**
 * What the engine needs from the outside, as interfaces. adapters/ implements them for the page and Node.
 */
import type { OpenScratch } from '../core/base/hold';
import type { ImageDecoder } from '../core/data/source';
import type { Team } from '../core/integer/team/team';
import type { PluginSource, RemotePlugin } from '../core/plugin/remote';
import type { DType } from '../core/ir/tensor';

export interface NamedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data:
    | Float32Array
    | Float64Array
    | BigInt64Array
    | BigUint64Array
    | Int32Array
    | Uint32Array
    | Int16Array
    | Uint16Array
    | Int8Array
    | Uint8Array;
}

export type Provider = 'wasm' | 'webgpu';

/** A float inference runtime (ONNX Runtime). One session at a time; calls are queued by the adapter. */
export interface Runner {
  /** Providers that work here, best first; `wasm` always. */
  providers(): Promise<readonly Provider[]>;
  /** An aborted load or run rejects with CancelledError within a second. Takes no hold of `model`'s buffer. */
  load(model: Uint8Array, options: RunnerOptions, signal?: AbortSignal): Promise<RunnerSession>;
}

export interface RunnerOptions {
  readonly provider: Provider;
  /** External data files by the path in the model. */
  readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Graph optimisations off: needed where the exact float operators matter (fake-quant path). */
  readonly exact?: boolean;
}

export interface RunnerSession {
  readonly threads: number;
  run(feeds: readonly NamedTensor[], outputs: readonly string[], signal?: AbortSignal): Promise<NamedTensor[]>;
  close(): Promise<void>;
}

/** A place for the bytes of a finished bundle: OPFS in the page, a temporary file in Node. */
export interface ByteSink {
  write(chunk: Uint8Array): void | Promise<void>;
  /** Makes the file complete and visible. */
  close(): Promise<void>;
  /** Removes what was written. */
  abort(): Promise<void>;
}

export interface ExportSink extends ByteSink {
  /** The finished file after `close`, where the surroundings have Blobs to hand out. */
  blob(): Promise<Blob | undefined>;
}

/** Where layers that were learned outlive the engine: one growing file a key. Rejects where there is no room. */
export interface LearnedStore {
  /** undefined: nothing is kept under the key. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** At the end of what is kept. What is there when it returns is there after a crash. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface EnginePorts {
  readonly runner: Runner;
  readonly decodeImage: ImageDecoder;
  /** Where the bundle with this name is written. */
  openSink(fileName: string): Promise<ExportSink>;
  /** Milliseconds from any origin. */
  now(): number;
  /** Yields to the event loop about every 16 ms, else returns at once. */
  tick(): Promise<void>;
  /** Recorded in bundles: name and version of package.json. */
  readonly tool: { readonly name: string; readonly version: string };
  /** Threads for the exact executor; absent where there is one, or no shared memory. */
  readonly team?: Team | undefined;
  /** Absent: what was learned is forgotten with the engine. */
  readonly learned?: LearnedStore | undefined;
  /** A file for the activations that learning has no memory for; absent: samples that do not fit are left out, with a warning. */
  readonly openScratch?: OpenScratch | undefined;
  /** Sandboxes for plugins, which begin anew; those that are not among them any more end, and all of them with the signal. */
  openPlugins?(sources: readonly PluginSource[], signal?: AbortSignal): readonly RemotePlugin[];
  /** SHA-256 as lower-case hex, faster than the core's own; the same digest. */
  sha256?(bytes: Uint8Array): Promise<string>;
}
