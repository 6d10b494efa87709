/** Export formats that a bundle can hold besides tensors/ and params/. One line per format. */
import type { Exporter } from './exporter';
import { memExporter } from './mem';
import { npyExporter } from './npy';
import { profileExporter } from './profile/profile';
import { rtlExporter } from './rtl/rtl';

/** `npy` is part of every bundle; the others when asked for. */
export const exporters: readonly Exporter[] = [npyExporter, memExporter, rtlExporter, profileExporter];

export function exporter(id: string): Exporter | undefined {
  return exporters.find((e) => e.id === id);
}
