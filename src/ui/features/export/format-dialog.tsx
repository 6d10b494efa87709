/** The options of one format, made from its specs, beside the first words that they give for a tensor of the network. */
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { openOptions, setOptions } from '../../../store/actions/export';
import { useStudio } from '../../../store/store';
import type { ExportFormat } from '../../../engine/export-api';
import { Button } from '../../kit/button';
import { Dialog } from '../../kit/dialog';
import { Options } from '../recipe/option-fields';
import styles from './format.module.css';
import { FormatPreview, type ShownTensor } from './format-preview';

export function FormatDialog() {
  const open = useStudio((s) => s.exporting.open);
  const format = useStudio((s) => s.exporting.known.find((f) => f.id === open));
  // the tensor stays chosen from one format to the next
  const [tensor, setTensor] = useState<ShownTensor>();
  return (
    <Dialog
      open={format !== undefined}
      onClose={() => openOptions(undefined)}
      wide={format?.previews ?? false}
      title={format?.title ?? 'Options'}
    >
      {format !== undefined && <Body format={format} tensor={tensor} onTensor={setTensor} />}
    </Dialog>
  );
}

interface BodyProps {
  readonly format: ExportFormat;
  readonly tensor: ShownTensor | undefined;
  readonly onTensor: (tensor: ShownTensor) => void;
}

const none = {};

function Body({ format, tensor, onTensor }: BodyProps) {
  const values = useStudio((s) => s.exporting.options[format.id] ?? none);
  const isChanged = Object.keys(values).length > 0;
  return (
    <div className={format.previews ? styles.body : undefined} data-testid="format-options">
      <section aria-label="Options" className={styles.options}>
        <p className={styles.lead}>{format.help}</p>
        <Options specs={format.options} values={values} onChange={(next) => setOptions(format.id, format.options, next)} />
        <Button
          size="small"
          icon={<RotateCcw size={13} aria-hidden />}
          disabled={!isChanged}
          onClick={() => setOptions(format.id, format.options, {})}
        >
          Back to the defaults
        </Button>
      </section>
      {format.previews && <FormatPreview format={format} options={values} tensor={tensor} onTensor={onTensor} />}
    </div>
  );
}
