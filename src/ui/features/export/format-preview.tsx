/** The first words of a tensor in a format: a drawing of one word, then word by word with the elements in it. */
import { useEffect, useState } from 'react';
import type { ErrorFields } from '../../../core/base/errors';
import type { OptionValues } from '../../../core/quant/quantizer';
import type { ExportFormat, ExportPreview } from '../../../engine/export-api';
import { exportPreview } from '../../../store/actions/export';
import { loadLayer } from '../../../store/actions/inspect';
import { shown } from '../../../store/loadable';
import { fieldsOf } from '../../../store/run-job';
import { conversionOf } from '../../../store/selectors';
import { errorDetail, useStudio } from '../../../store/store';
import { shapeText, wholeText } from '../../charts/format';
import { Notice } from '../../kit/feedback';
import { Select } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { bytesText } from '../open/bytes-text';
import styles from './format.module.css';
import { WordDrawing } from './word-drawing';

export interface ShownTensor {
  readonly layer: string;
  readonly role: string;
}

interface Props {
  readonly format: ExportFormat;
  readonly options: OptionValues;
  readonly tensor: ShownTensor | undefined;
  readonly onTensor: (tensor: ShownTensor) => void;
}

const words = 24;

export function FormatPreview({ format, options, tensor, onTensor }: Props) {
  const layers = useStudio((s) => conversionOf(s)?.layers);
  const selection = useStudio((s) => s.view.selection);
  const isLayer = (id: string | undefined): id is string => layers?.some((l) => l.id === id) === true;
  const first = layers?.find((l) => l.weightBits !== undefined) ?? layers?.[0];
  const layer = isLayer(tensor?.layer) ? tensor.layer : isLayer(selection) ? selection : first?.id;
  const detail = useStudio((s) => (layer === undefined ? undefined : s.work.layers.get(layer)));
  useEffect(() => {
    if (layer !== undefined && detail === undefined) void loadLayer(layer);
  }, [layer, detail]);
  const tensors = (detail === undefined ? undefined : shown(detail))?.tensors ?? [];
  const one = tensors.find((t) => t.role === (tensor?.role ?? 'x2')) ?? tensors.find((t) => t.role === 'yq') ?? tensors[0];
  return (
    <section aria-label="Preview" className={styles.preview}>
      <div className={styles.choose}>
        <Select
          label="Layer"
          fill
          value={layer ?? ''}
          onChange={(id) => onTensor({ layer: id, role: one?.role ?? 'x2' })}
          items={(layers ?? []).map((l) => ({ id: l.id, title: l.id }))}
        />
        {one !== undefined && layer !== undefined && (
          <Segmented
            label="Tensor"
            dense
            value={one.role}
            onChange={(role) => onTensor({ layer, role })}
            items={tensors.map((t) => ({ id: t.role, title: t.role, hint: t.name }))}
          />
        )}
      </div>
      {layer !== undefined && one !== undefined && (
        <>
          <p className={styles.facts}>
            {one.dtype}, {one.bits} bit {one.signed ? 'signed' : 'unsigned'}, {shapeText(one.shape)}
          </p>
          <Words format={format.id} options={options} layer={layer} role={one.role} />
        </>
      )}
      {detail?.kind === 'ready' && one === undefined && <p className={styles.facts}>This layer has no integers.</p>}
    </section>
  );
}

interface WordsProps {
  readonly format: string;
  readonly options: OptionValues;
  readonly layer: string;
  readonly role: string;
}

/** What is on screen stays until the next answer is there. */
function Words({ format, options, layer, role }: WordsProps) {
  const [answer, setAnswer] = useState<{ readonly preview?: ExportPreview; readonly error?: ErrorFields }>({});
  useEffect(() => {
    let isWanted = true;
    exportPreview({ format, options, layer, role, words }).then(
      (preview) => isWanted && setAnswer({ preview }),
      (error: unknown) => isWanted && setAnswer({ error: fieldsOf(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [format, options, layer, role]);
  const { preview, error } = answer;
  if (error !== undefined) {
    return (
      <Notice tone="bad" title={error.what}>
        {errorDetail(error)}
      </Notice>
    );
  }
  if (preview === undefined) return null;
  const { shape, count, files, bytes } = preview;
  const digits = Math.max(3, ...preview.words.flatMap((w) => w.elements.map((e) => e?.length ?? 1)));
  return (
    <div className={styles.words} data-testid="format-preview">
      {shape !== undefined && <WordDrawing shape={shape} />}
      <dl className={styles.numbers}>
        <div>
          <dt>{shape === undefined ? 'Lines' : 'Words'}</dt>
          <dd>{wholeText(count)}</dd>
        </div>
        {shape !== undefined && (
          <div>
            <dt>Width</dt>
            <dd>
              {shape.width} <small>bit</small>
            </dd>
          </div>
        )}
        {bytes !== undefined && (
          <div>
            <dt>{files.length > 1 ? 'All files, about' : 'Size, about'}</dt>
            <dd>{bytesText(bytes)}</dd>
          </div>
        )}
        <div className={styles.file}>
          <dt>{files.length > 1 ? `First of ${files.length} files` : 'File'}</dt>
          <dd>
            <code title={files.join('\n')}>{files[0]}</code>
          </dd>
        </div>
      </dl>
      <div className={styles.table} style={{ '--digits': `${digits}ch` }} tabIndex={0} role="region" aria-label="First words">
        <table>
          <thead>
            <tr>
              <th scope="col">{shape === undefined ? 'Line' : 'Address'}</th>
              <th scope="col">{shape === undefined ? 'Text' : 'Word'}</th>
              {shape !== undefined && <th scope="col">Elements in it</th>}
            </tr>
          </thead>
          <tbody>
            {preview.words.map((w) => (
              <tr key={w.address}>
                <th scope="row">{w.address}</th>
                <td className={styles.word}>{w.text}</td>
                {shape !== undefined && (
                  <td className={styles.elements}>
                    {w.elements.map((e, i) => (
                      <span
                        key={i}
                        className={e === undefined ? styles.filling : undefined}
                        title={e === undefined ? 'filled up with 0' : undefined}
                      >
                        {e === undefined ? '0' : e.replace('-', '−')}
                      </span>
                    ))}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {count > preview.words.length && (
        <p className={styles.facts}>
          The first {preview.words.length} of {wholeText(count)}.
        </p>
      )}
    </div>
  );
}
