/**
 * Data and statistics: what the user drops (arrays or images), how it becomes model inputs, and what a
 * calibration run leaves behind. Statistics stream: their size does not depend on the number of samples.
 */
import type { ValueName } from '../ir/model';
import type { ActivationStats } from '../quant/quantizer';

/** How images become float inputs: ((x / scale) - mean) / std per channel, after resize and crop. */
export interface Preprocessing {
  /** resize of the shorter side before the crop; undefined: stretch to the input size */
  readonly resize: number | undefined;
  /** centre crop / final size [height, width] */
  readonly size: readonly [number, number];
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: 'rgb' | 'bgr' | 'gray';
}

export interface DatasetInfo {
  /** File or folder name as dropped. */
  readonly name: string;
  readonly kind: 'npz' | 'npy' | 'images' | 'synthetic';
  readonly samples: number;
  readonly hasLabels: boolean;
  /** Arrays as they are: name, dtype, shape. One entry, `x`, for images. */
  readonly arrays: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  /** Present when the data are images (uint8 arrays or files): preprocessing applies. */
  readonly preprocessing: Preprocessing | undefined;
}

/** One sample: one array per model input, batch axis of 1 included. */
export interface Sample {
  /** Index or file name: named in errors. */
  readonly id: string;
  readonly inputs: ReadonlyMap<
    string,
    {
      readonly dtype: 'float32' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool';
      readonly shape: readonly number[];
      readonly data: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
    }
  >;
  readonly label: number | undefined;
}

/** Random access to samples; nothing is kept in memory but the file's own bytes. */
export interface SampleSource {
  readonly info: DatasetInfo;
  /** Throws StudioError `bad-data` naming the sample. */
  sample(index: number): Promise<Sample>;
}

export interface Calibration {
  readonly samples: number;
  /** SHA-256 over the SHA-256 of every sample's preprocessed inputs, in order (so that shards merge). */
  readonly sha256: string;
  readonly source: 'npz' | 'images' | 'synthetic';
  readonly stats: ReadonlyMap<ValueName, ActivationStats>;
  readonly wallMs: number;
  readonly provider: 'wasm' | 'webgpu';
}

/** A calibration with what merging and keeping need: where its samples begin in the set, their digests in order, where it came from. */
export interface CalibrationShard extends Calibration {
  readonly first: number;
  readonly digests: readonly string[];
  /** Identity of the model that it was made on: SHA-256 of its file. */
  readonly model: string;
  /** How images became inputs; undefined where the data were arrays of numbers. */
  readonly preprocessing: Preprocessing | undefined;
}
