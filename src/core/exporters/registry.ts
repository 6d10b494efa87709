/** Export formats that a bundle can hold besides tensors/ and params/. One line per format. */
import { binExporter } from './bin';
import { coeExporter } from './coe';
import { cExporter } from './c-header';
import type { Exporter } from './exporter';
import { memExporter } from './mem';
import { membExporter } from './memb';
import { mifExporter } from './mif';
import { npyExporter } from './npy';
import { npzExporter } from './npz';
import { profileExporter } from './profile/profile';
import { qonnxExporter } from './qonnx';
import { reportExporter } from './report-html';
import { rtlExporter } from './rtl/rtl';
import { safetensorsExporter } from './safetensors';
import { torch2chipExporter } from './torch2chip';
import { txtExporter } from './txt';

/** `npy` is part of every bundle; the others when asked for. */
export const exporters: readonly Exporter[] = [
  npyExporter,
  memExporter,
  membExporter,
  binExporter,
  txtExporter,
  coeExporter,
  mifExporter,
  npzExporter,
  safetensorsExporter,
  cExporter,
  torch2chipExporter,
  qonnxExporter,
  reportExporter,
  rtlExporter,
  profileExporter,
];

export function exporter(id: string): Exporter | undefined {
  return exporters.find((e) => e.id === id);
}
