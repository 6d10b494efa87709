/**
 * JSON with sorted keys and no white space: equal data give equal text, so that a hash of it names the
 * data. Keys whose value is `undefined` are left out, as JSON.stringify does.
 */
import { utf8Encode } from '../base/bytes';
import { sha256Hex } from '../base/hash';
import type { Recipe } from './recipe';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

export function canonicalJson(data: Json): string {
  return JSON.stringify(sorted(data));
}

function sorted(data: Json): Json {
  if (data === null || typeof data !== 'object') return data;
  if (isList(data)) return data.map(sorted);
  const out: Record<string, Json> = {};
  for (const key of Object.keys(data).sort()) {
    const value = data[key];
    if (value !== undefined) out[key] = sorted(value);
  }
  return out;
}

function isList(data: Json): data is readonly Json[] {
  return Array.isArray(data);
}

/** SHA-256 of the recipe's canonical JSON, lower-case hex. */
export function recipeHash(recipe: Recipe): string {
  // a Recipe is JSON data by its own law; the detour drops what JSON cannot say
  return sha256Hex(utf8Encode(canonicalJson(JSON.parse(JSON.stringify(recipe)) as Json)));
}
