/**
 * Shards of a calibration put together, and a calibration as bytes (for persistence and for shards that
 * ran elsewhere). Laws: merged shards equal the one run over all samples; the same calibration makes the
 * same bytes; reading what was written gives it back.
 */
import { concatBytes, dataView, typedView, utf8Decode, utf8Encode, bytesOf } from '../base/bytes';
import { StudioError } from '../base/errors';
import type { ValueName } from '../ir/model';
import { BINS, mergeStats } from '../quant/observers/range-histogram';
import type { ActivationStats } from '../quant/quantizer';
import { digestOfDigests } from './run';
import type { CalibrationShard } from './types';

/** In any order; they must be parts of one set: adjacent, of the same tensors, data and provider. */
export function mergeCalibrations(shards: readonly CalibrationShard[]): CalibrationShard {
  const parts = [...shards].sort((a, b) => a.first - b.first);
  const [head] = parts;
  if (head === undefined) throw new StudioError({ code: 'bad-usage', what: 'There are no shards to merge' });
  let next = head.first;
  for (const part of parts) {
    if (part.first !== next) throw mismatch('A shard is missing or given twice', `one that begins at sample ${next}`, `${part.first}`);
    next += part.samples;
    if (part.source !== head.source || part.provider !== head.provider) {
      throw mismatch('The shards come from different runs', `${head.source} on ${head.provider}`, `${part.source} on ${part.provider}`);
    }
    if (part.model !== head.model) throw mismatch('The shards come from different models', head.model, part.model);
    if (JSON.stringify(part.preprocessing) !== JSON.stringify(head.preprocessing)) {
      throw mismatch('The shards were preprocessed differently', JSON.stringify(head.preprocessing), JSON.stringify(part.preprocessing));
    }
    if (part.stats.size !== head.stats.size || [...part.stats.keys()].some((v) => !head.stats.has(v))) {
      throw mismatch('The shards have different tensors', `${head.stats.size} tensors of one model`, `${part.stats.size}`);
    }
  }
  const digests = parts.flatMap((p) => p.digests);
  return {
    ...head,
    samples: digests.length,
    digests,
    sha256: digestOfDigests(digests),
    stats: new Map([...head.stats.keys()].map((v) => [v, mergeStats(parts.map((p) => p.stats.get(v) as ActivationStats))])), // same keys, checked above
    wallMs: parts.reduce((sum, p) => sum + p.wallMs, 0),
  };
}

function mismatch(what: string, expected: string, got: string): StudioError {
  return new StudioError({ code: 'bad-usage', what, expected, got });
}

const magic = 't2c-cal2';

export function isCalibrationFile(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && utf8Decode(bytes.subarray(0, magic.length)) === magic;
}

interface Header {
  readonly first: number;
  readonly digests: readonly string[];
  readonly source: CalibrationShard['source'];
  readonly provider: CalibrationShard['provider'];
  readonly wallMs: number;
  readonly model: string;
  readonly preprocessing?: CalibrationShard['preprocessing'];
  readonly stats: readonly (readonly [name: string, count: number, min: number, max: number, limit: number])[];
}

/** Layout: 8 bytes `t2c-cal2`, uint32 length of a JSON header, the header, then 2048 float64 bins a tensor. */
export function writeCalibration(c: CalibrationShard): Uint8Array {
  const header: Header = {
    first: c.first,
    digests: c.digests,
    source: c.source,
    provider: c.provider,
    wallMs: c.wallMs,
    model: c.model,
    preprocessing: c.preprocessing,
    stats: [...c.stats].map(([name, s]) => [name, s.count, s.min, s.max, s.histogram.limit] as const),
  };
  const json = utf8Encode(JSON.stringify(header));
  const length = new Uint8Array(4);
  dataView(length).setUint32(0, json.length, true);
  return concatBytes([utf8Encode(magic), length, json, ...[...c.stats.values()].map((s) => bytesOf(s.histogram.bins))]);
}

/** Throws `bad-data` when the bytes are not a calibration. Copies. */
export function readCalibration(bytes: Uint8Array): CalibrationShard {
  const fail = (got: string) => new StudioError({ code: 'bad-data', what: 'Not a saved calibration', got });
  if (bytes.length < 12 || !isCalibrationFile(bytes)) throw fail(`${bytes.length} bytes of something else`);
  const bodyStart = 12 + dataView(bytes).getUint32(8, true);
  const header = parsed(bytes.subarray(12, bodyStart));
  if (header === undefined) throw fail('a damaged header');
  const binBytes = BINS * 8;
  if (bytes.length !== bodyStart + header.stats.length * binBytes) throw fail('a wrong length');
  const stats = new Map<ValueName, ActivationStats>();
  for (const [i, [name, count, min, max, limit]] of header.stats.entries()) {
    const bins = typedView(bytes.slice(bodyStart + i * binBytes, bodyStart + (i + 1) * binBytes), Float64Array);
    stats.set(name as ValueName, { count, min, max, histogram: { limit, bins } }); // names were value names when written
  }
  const { first, digests, source, provider, wallMs, model, preprocessing } = header;
  return {
    samples: digests.length,
    first,
    digests,
    sha256: digestOfDigests(digests),
    source,
    provider,
    wallMs,
    model,
    preprocessing,
    stats,
  };
}

function parsed(json: Uint8Array): Header | undefined {
  try {
    const header = JSON.parse(utf8Decode(json)) as Header; // written by writeCalibration: its magic was checked
    return Array.isArray(header.stats) && Array.isArray(header.digests) ? header : undefined;
  } catch {
    return undefined;
  }
}
