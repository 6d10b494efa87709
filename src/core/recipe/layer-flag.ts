/**
 * One `--layer 'GLOB:key=value,...'` of the command line as a LayerOverride. Keys: wbits, abits, weights,
 * activations, keep. The glob may hold colons; the last one divides. Values are checked by `parseRecipe`.
 */
import { StudioError } from '../base/errors';
import type { LayerOverride } from './recipe';

const form = `GLOB:key=value,... with keys wbits, abits, weights, activations, keep (float or integer), each once`;

/** Throws `bad-usage`. */
export function parseLayerFlag(text: string): LayerOverride {
  const colon = text.lastIndexOf(':');
  const match = text.slice(0, colon).trim();
  const pairs = text
    .slice(colon + 1)
    .split(',')
    .map((p) => p.trim());
  if (colon < 1 || match === '' || pairs.some((p) => p === '')) throw bad(text);
  let out: LayerOverride = { match };
  const seen = new Set<string>();
  for (const pair of pairs) {
    const [key = '', value, ...rest] = pair.split('=').map((s) => s.trim());
    if (value === undefined || value === '' || rest.length > 0 || seen.has(key)) throw bad(text);
    seen.add(key);
    if (key === 'wbits') out = { ...out, weightBits: wholeNumber(value, text) };
    else if (key === 'abits') out = { ...out, activationBits: wholeNumber(value, text) };
    else if (key === 'weights') out = { ...out, weights: value };
    else if (key === 'activations') out = { ...out, activations: value };
    else if (key === 'keep' && (value === 'float' || value === 'integer')) out = { ...out, keep: value };
    else throw bad(text);
  }
  return out;
}

function wholeNumber(value: string, text: string): number {
  if (!/^\d{1,3}$/.test(value)) throw bad(text);
  return Number(value);
}

function bad(text: string): StudioError {
  return new StudioError({ code: 'bad-usage', what: 'A --layer flag is not understood', expected: form, got: text });
}
