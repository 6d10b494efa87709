/** The name that the zip will have, shown before it is made. Law: the same as core's bundleName, which makes it. */
import type { Recipe } from '../../../core/recipe/recipe';

export function bundleName(model: string, { weights, activations }: Pick<Recipe, 'weights' | 'activations'>): string {
  const stem = model.replace(/\.onnx$/i, '').replace(/[^A-Za-z0-9._-]+/g, '_');
  return `${stem}-${weights.algorithm}+${activations.algorithm}-w${weights.bits}a${activations.bits}.t2c.zip`;
}
