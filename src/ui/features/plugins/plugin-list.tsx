/** The files at hand, each with how it stands, and where new ones come from. */
import { Plus, Upload } from 'lucide-react';
import { newPlugin, selectPlugin } from '../../../store/actions/plugins';
import { reportFor, selectedFile, standingOf, type Standing } from '../../../store/plugins';
import { useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { Badge, type Tone } from '../../kit/feedback';
import { Menu } from '../../kit/menu';
import { pickFiles } from '../open/picker';
import styles from './plugins.module.css';
import { useTemplates } from './use-templates';

const words: Readonly<Record<Standing, { readonly text: string; readonly tone: Tone | undefined }>> = {
  unchecked: { text: 'not checked', tone: undefined },
  ready: { text: 'in use', tone: 'good' },
  fails: { text: 'breaks a law', tone: 'bad' },
  broken: { text: 'does not run', tone: 'bad' },
};

export function PluginList() {
  const plugins = useStudio((s) => s.plugins);
  const chosen = selectedFile(plugins);
  return (
    <>
      <div className={styles.tools}>
        <NewPlugin />
        <Button size="small" icon={<Upload size={13} aria-hidden />} onClick={pickFiles}>
          Add a file…
        </Button>
      </div>
      <ul className={styles.list} data-testid="plugin-list">
        {plugins.files.map((file) => {
          const standing = standingOf(plugins, file);
          const { text, tone } = words[standing];
          return (
            <li key={file.id}>
              <button
                type="button"
                className={styles.entry}
                aria-current={file === chosen ? 'true' : undefined}
                onClick={() => selectPlugin(file.id)}
                data-testid={`plugin-${file.file}`}
                data-standing={standing}
              >
                <span className={styles.entryName}>{reportFor(plugins, file)?.name ?? file.file}</span>
                <span className={styles.entryFile}>
                  {file.file}
                  {plugins.drafts[file.id] === undefined ? '' : ' (not saved)'}
                </span>
                {tone === undefined ? <Badge>{text}</Badge> : <Badge tone={tone}>{text}</Badge>}
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** A menu of what comes with the studio. */
export function NewPlugin() {
  const known = useTemplates();
  return (
    <Menu
      label="New"
      icon={<Plus size={13} aria-hidden />}
      testId="new-plugin"
      items={known.map((t) => ({
        id: t.file,
        title: t.title,
        about: t.about,
        run: () => void newPlugin(t.file, t.source),
      }))}
    />
  );
}
