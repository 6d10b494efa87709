/**
 * The one door of the core for engine, command line, adapters and workers. Types may be imported from
 * their own files; values come through here.
 */
export { bytesOf, concatBytes, typedView, utf8Decode, utf8Encode } from './base/bytes';
export { throwIfCancelled, quietContext, type CancelSignal, type Context, type Progress, type Warning } from './base/context';
export { CancelledError, describeError, StudioError, type ErrorCode, type ErrorFields, type ErrorPlace } from './base/errors';
export { floatsToHalves, halvesToFloats } from './base/half';
export { sha256Hex, sha256Stream } from './base/hash';
export { readNpy, writeNpy, type NpyArray, type NpyDType } from './base/npy';
export { mergeCalibrations, readCalibration, writeCalibration } from './calibrate/merge';
export { calibrate, sampleDigest, type CalibrateOptions, type SampleRunner } from './calibrate/run';
export { isImagePath } from './data/images';
export { openData, type OpenDataOptions } from './data/open-data';
export { resolvePreprocessing } from './data/preprocessing';
export type { DataFile, ImageDecoder, ModelInput, PixelImage } from './data/source';
export { syntheticSource } from './data/synthetic';
