/** Saving a project: what it shall carry, with its size. And the question for the model of a project that does not carry it. */
import { useState } from 'react';
import { declineProject, projectSizes, saveProject } from '../../../store/actions/project';
import { openModel } from '../../../store/selectors';
import { setView, useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { Dialog } from '../../kit/dialog';
import { FieldRow, Switch } from '../../kit/field';
import { bytesText } from '../open/bytes-text';
import { pickFiles } from '../open/picker';
import { SessionsDialog } from './session-list';
import styles from './project.module.css';

export function ProjectLayer() {
  const dialog = useStudio((s) => s.view.dialog);
  return (
    <>
      {dialog === 'sessions' && <SessionsDialog />}
      {dialog === 'project' && <SaveDialog />}
      <ModelQuestion />
    </>
  );
}

/** Larger ones are not carried unless asked for. */
const usual = 200e6;

function SaveDialog() {
  const name = useStudio((s) => openModel(s)?.summary.name);
  const saving = useStudio((s) => s.work.project.kind === 'loading');
  const [sizes] = useState(projectSizes);
  const [model, setModel] = useState(sizes.model < usual);
  const [data, setData] = useState(sizes.data < usual);
  if (name === undefined) return null;
  const close = () => setView({ dialog: undefined });
  return (
    <Dialog
      open
      onClose={close}
      title="Save the project"
      foot={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" disabled={saving} onClick={() => void saveProject({ model, data })} data-testid="save-project">
            {saving ? 'Saving…' : 'Save'}
          </Button>
        </>
      }
    >
      <div className={styles.save}>
        <p className={styles.lead}>
          <b>{name}.t2cproj</b> holds the recipe, the statistics, what was measured and what you look at. Drop it on the page to go on.
        </p>
        <FieldRow
          label={
            <>
              The model <small>{bytesText(sizes.model)}</small>
            </>
          }
          help={model ? undefined : 'The project will ask for its .onnx, and take no other.'}
        >
          <Switch label="Put the model into the project" checked={model} onChange={setModel} />
        </FieldRow>
        <FieldRow
          label={
            <>
              Its data <small>{bytesText(sizes.data)}</small>
            </>
          }
          help={data || sizes.data === 0 ? undefined : 'Numbers of layers stay; integers need data and another conversion.'}
        >
          <Switch label="Put the data into the project" checked={data && sizes.data > 0} disabled={sizes.data === 0} onChange={setData} />
        </FieldRow>
      </div>
    </Dialog>
  );
}

function ModelQuestion() {
  const wanted = useStudio((s) => s.work.modelWanted);
  if (wanted === undefined) return null;
  return (
    <Dialog
      open
      onClose={declineProject}
      title="This project needs its model"
      foot={
        <>
          <Button onClick={declineProject}>Cancel</Button>
          <Button look="primary" onClick={pickFiles} data-testid="project-model">
            Choose the model…
          </Button>
        </>
      }
    >
      <p className={styles.lead} data-testid="model-wanted">
        {wanted.fileName} was saved without <b>{wanted.model}.onnx</b>. Drop it on the page or choose it, with its files of weights if it
        has some. Only the same bytes will do: SHA-256 <code>{wanted.identity.slice(0, 16)}…</code>
      </p>
    </Dialog>
  );
}
