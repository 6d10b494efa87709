/**
 * A plugin's exporter as an export format: one file a tensor, in a folder with the exporter's id. Each is asked for twice: a file
 * that changes from call to call would make another bundle each time.
 */
import { utf8Encode } from '../base/bytes';
import type { Exporter, ExportTensor } from '../exporters/exporter';
import { fault } from './checks';
import { kit } from './kit';
import { called, withFallbacks } from './quantizers';
import type { ExportedTensor, ExporterPlugin } from './sdk';

export function pluginExporter(p: ExporterPlugin): Exporter {
  return {
    id: p.id,
    title: p.title,
    help: p.help,
    group: 'plugin',
    place: `${p.id}/`,
    options: p.options ?? [],
    async *files({ tensors }, options) {
      for (const tensor of tensors()) {
        const entry = `${p.id}.file`;
        const ask = (): Promise<unknown> => called(entry, () => p.file(seen(tensor, entry), withFallbacks(p.options ?? [], options), kit));
        const [answer, again] = [await ask(), await ask()];
        const bytes = contentOf(answer, entry);
        if (endingOf(answer, entry) !== endingOf(again, entry) || !sameBytes(bytes, contentOf(again, entry)))
          throw fault(entry, `writes ${tensor.fileStem} in two ways when it is asked twice`);
        yield { path: `${p.id}/${tensor.fileStem}${endingOf(answer, entry)}`, bytes };
      }
    },
  };
}

function seen({ fileStem, info, tensor }: ExportTensor, entry: string): ExportedTensor {
  const integers = Float64Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  if (integers.some((v) => !Number.isSafeInteger(v)))
    throw fault(entry, `cannot be given ${fileStem}: its integers need more than 53 bits`);
  const { bits, signed, shape, scale, zeroPoint } = info;
  return { name: fileStem, bits, signed, shape, scale, zeroPoint, integers };
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((v, i) => v === b[i]);

function endingOf(answer: unknown, entry: string): string {
  const ending = (answer as { readonly ending?: unknown } | undefined)?.ending;
  if (typeof ending === 'string' && /^\.[A-Za-z0-9.]{1,16}$/.test(ending)) return ending;
  throw fault(entry, 'gives no usable ending', { expected: 'a dot and letters or digits', got: String(ending) });
}

function contentOf(answer: unknown, entry: string): Uint8Array {
  const { content } = answer as { readonly content?: unknown };
  if (typeof content === 'string') return utf8Encode(content);
  if (content instanceof Uint8Array) return content;
  throw fault(entry, 'gives no content', { expected: 'text or Uint8Array', got: typeof content });
}
