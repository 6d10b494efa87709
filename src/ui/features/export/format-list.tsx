/** The formats that a bundle can hold, by group: what is chosen, where it lies, how large it will be, and its options. */
import { SlidersHorizontal } from 'lucide-react';
import { chooseFormat, openOptions } from '../../../store/actions/export';
import { wholeChoice } from '../../../store/export-slice';
import { shown } from '../../../store/loadable';
import { useStudio } from '../../../store/store';
import type { ExportFormat } from '../../../engine/export-api';
import { IconButton } from '../../kit/button';
import { Switch } from '../../kit/field';
import { bytesText } from '../open/bytes-text';
import styles from './export.module.css';
import { optionText } from './option-text';

const groups = [
  { id: 'memory', title: 'Memory images' },
  { id: 'array', title: 'Arrays' },
  { id: 'design', title: 'Models, code, documents' },
  { id: 'plugin', title: 'Plugins' },
] as const;

export function FormatList() {
  const known = useStudio((s) => s.exporting.known);
  const filled = groups.filter((g) => known.some((f) => f.group === g.id));
  return filled.map(({ id, title }) => (
    <section key={id} className={styles.group} aria-label={title}>
      <h4>{title}</h4>
      <ul className={styles.formats}>
        {known
          .filter((f) => f.group === id && f.id !== 'npy')
          .map((f) => (
            <Format key={f.id} format={f} />
          ))}
      </ul>
    </section>
  ));
}

function Format({ format }: { readonly format: ExportFormat }) {
  const { id, title, help, place, options } = format;
  const isChosen = useStudio((s) => s.exporting.formats.includes(id));
  const isInside = useStudio((s) => wholeChoice(s.exporting).some((f) => f.id === id));
  const comesWith = useStudio((s) =>
    isChosen ? undefined : s.exporting.known.find((f) => f.needs.includes(id) && s.exporting.formats.includes(f.id))?.title,
  );
  const bytes = useStudio((s) => shown(s.exporting.estimate)?.formats[id]);
  const changed = useStudio((s) => optionText(options, s.exporting.options[id] ?? {}));
  return (
    <li className={styles.format} data-inside={isInside} data-testid={`format-${id}`}>
      <Switch label={title} checked={isInside} disabled={comesWith !== undefined} onChange={(next) => chooseFormat(id, next)} />
      <div className={styles.what} title={help}>
        <span className={styles.formatTitle}>{title}</span>
        <span className={styles.place}>
          <code>{place}</code>
          {comesWith !== undefined && <span>with {comesWith}</span>}
        </span>
        {changed !== '' && (
          <span className={styles.changed} data-testid={`changed-${id}`}>
            {changed}
          </span>
        )}
      </div>
      <span className={styles.size}>{bytes === undefined ? '' : bytesText(bytes)}</span>
      {options.length > 0 ? (
        <IconButton label={`Options of ${title}`} size="small" onClick={() => openOptions(id)} data-changed={changed !== ''}>
          <SlidersHorizontal size={14} aria-hidden />
        </IconButton>
      ) : (
        <span />
      )}
    </li>
  );
}
