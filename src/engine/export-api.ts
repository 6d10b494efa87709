/** What the engine says of an export before it is made: the formats, how large it will be, the first words of a tensor. */
import type { Exporter, Preview } from '../core/exporters/exporter';
import type { OptionSpec, OptionValues } from '../core/quant/quantizer';

export type { Preview } from '../core/exporters/exporter';

export interface ExportFormat {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly group: Exporter['group'];
  /** Where its files lie: `hex/*.mem`. */
  readonly place: string;
  readonly options: readonly OptionSpec[];
  /** Formats that come along with it. */
  readonly needs: readonly string[];
  /** It has words to show. */
  readonly previews: boolean;
}

/** About how many bytes a zip that only stores will have. */
export interface ExportEstimate {
  /** What is always inside. */
  readonly always: number;
  /** Of every format under its options, asked for or not; undefined: small, whatever the tensors are. */
  readonly formats: Readonly<Record<string, number | undefined>>;
}

export interface PreviewRequest {
  readonly format: string;
  readonly options: OptionValues;
  readonly layer: string;
  readonly role: string;
  /** So many at most. */
  readonly words: number;
}

export interface ExportPreview extends Preview {
  /** The files of this tensor: several with banks, or where a sparse tensor has indices. */
  readonly files: readonly string[];
  readonly bytes: number | undefined;
}

export interface ExportPlanApi {
  /** Every format that there is, those of plugins too; `npy` is part of every bundle. */
  exportFormats(): Promise<readonly ExportFormat[]>;
  /** Options by format; those that are not given are at their fallbacks. Throws `bad-usage` where formats or options contradict each other. */
  exportEstimate(choice: {
    readonly formats: readonly string[];
    readonly options: Readonly<Record<string, OptionValues>>;
  }): Promise<ExportEstimate>;
  exportPreview(request: PreviewRequest): Promise<ExportPreview>;
}
