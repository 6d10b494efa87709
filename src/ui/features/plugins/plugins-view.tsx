/**
 * Bring your own algorithm, in the place of the graph and without a model as well: files at the left, the text in the middle, what the
 * battery says at the right.
 */
import { ChevronLeft, Copy, Download, Play, Trash2 } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { shortcutText } from '../../../store/actions/action';
import { showPlace } from '../../../store/actions/compare';
import { cancelCheck, duplicatePlugin, removePlugin, renamePlugin, savePlugin, sharePlugin } from '../../../store/actions/plugins';
import { selectedFile } from '../../../store/plugins';
import type { PluginFile } from '../../../store/plugins-slice';
import { openModel } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { Button, IconButton } from '../../kit/button';
import { Progress } from '../../kit/feedback';
import { TextField } from '../../kit/field';
import { Logo } from '../open/logo';
import { BatteryPanel } from './battery-panel';
import { NoPlugins } from './no-plugins';
import { PluginList } from './plugin-list';
import styles from './plugins.module.css';
import { TutorialPanel } from './tutorial-panel';

const Editor = lazy(() => import('./plugin-editor').then((m) => ({ default: m.PluginEditor })));

export function PluginsView() {
  const file = useStudio((s) => selectedFile(s.plugins));
  const alone = useStudio((s) => openModel(s) === undefined);
  return (
    <div className={styles.view} data-testid="plugins-view">
      <aside className={styles.side} aria-label="Plugins">
        <header className={styles.head}>
          <IconButton
            label={alone ? 'Back to the start' : 'Back to the graph'}
            shortcut="Esc"
            onClick={() => showPlace('graph')}
            data-testid="leave-plugins"
          >
            <ChevronLeft size={16} aria-hidden />
          </IconButton>
          {alone && <Logo size={20} />}
          <h2>Plugins</h2>
        </header>
        <PluginList />
        <TutorialPanel />
      </aside>
      {file === undefined ? <NoPlugins /> : <Opened key={file.id} file={file} />}
    </div>
  );
}

function Opened({ file }: { readonly file: PluginFile }) {
  const changed = useStudio((s) => s.plugins.drafts[file.id] !== undefined);
  const checking = useStudio((s) => s.plugins.checking);
  return (
    <>
      <section className={styles.main} aria-label={`Text of ${file.file}`}>
        <header className={styles.head}>
          <TextField label="File name" value={file.file} onCommit={(name) => void renamePlugin(file.id, name)} />
          <span className={styles.state} role="status">
            {changed ? 'Not saved' : 'Saved'}
          </span>
          <span className={styles.spacer} />
          <IconButton label="Duplicate" onClick={() => void duplicatePlugin(file.id)} data-testid="duplicate-plugin">
            <Copy size={15} aria-hidden />
          </IconButton>
          <IconButton label="Download the file" onClick={() => sharePlugin(file.id)} data-testid="share-plugin">
            <Download size={15} aria-hidden />
          </IconButton>
          <IconButton label="Remove" onClick={() => void removePlugin(file.id)} data-testid="remove-plugin">
            <Trash2 size={15} aria-hidden />
          </IconButton>
          <Button
            look="primary"
            size="small"
            icon={<Play size={12} fill="currentColor" aria-hidden />}
            title={`Save and check  ${shortcutText('Mod+S')}`}
            onClick={() => void savePlugin(file.id)}
            data-testid="save-plugin"
          >
            {changed ? 'Save and check' : 'Check'}
          </Button>
        </header>
        <div className={styles.editor}>
          <Suspense fallback={<p className={styles.waiting}>Opening the editor…</p>}>
            <Editor file={file} />
          </Suspense>
        </div>
      </section>
      <aside className={styles.results} aria-label="What the battery says">
        {checking === undefined ? (
          <BatteryPanel file={file} />
        ) : (
          <div className={styles.checking}>
            <Progress
              label="Putting it to the laws"
              value={
                checking.progress === undefined || checking.progress.total === 0
                  ? undefined
                  : checking.progress.done / checking.progress.total
              }
              onCancel={cancelCheck}
            />
          </div>
        )}
      </aside>
    </>
  );
}
