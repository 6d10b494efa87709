/** Which paths stand beside each other, and which two of them make the difference. Pure. */
import type { ComparedPath } from '../../../engine/compare-api';

export type CompareMode = 'paths' | 'runs';
export type PairId = 'float-integer' | 'fake-integer' | 'float-fake' | 'before-integer';

export interface Pair {
  readonly id: PairId;
  readonly title: string;
  readonly a: ComparedPath;
  readonly b: ComparedPath;
}

export const pairs: Readonly<Record<PairId, Pair>> = {
  'float-integer': { id: 'float-integer', title: 'Integer − FP32', a: 'float', b: 'integer' },
  'fake-integer': { id: 'fake-integer', title: 'Integer − fake', a: 'fake', b: 'integer' },
  'float-fake': { id: 'float-fake', title: 'Fake − FP32', a: 'float', b: 'fake' },
  'before-integer': { id: 'before-integer', title: 'B − A', a: 'before', b: 'integer' },
};

export const pairsOf = (mode: CompareMode): readonly Pair[] =>
  mode === 'runs' ? [pairs['before-integer']] : [pairs['float-integer'], pairs['fake-integer'], pairs['float-fake']];

export const pathsOf = (mode: CompareMode): readonly ComparedPath[] =>
  mode === 'runs' ? ['before', 'integer'] : ['float', 'fake', 'integer'];

export function pathTitle(path: ComparedPath, mode: CompareMode): string {
  switch (path) {
    case 'float':
      return 'FP32';
    case 'fake':
      return 'Fake-quantized';
    case 'integer':
      return mode === 'runs' ? 'Run B, now' : 'Integer';
    case 'before':
      return 'Run A, before';
    default:
      return path satisfies never;
  }
}
