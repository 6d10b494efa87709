/**
 * Where data come from and what was loaded: for calibration and, with the same means, for evaluation. Files are
 * dropped here or picked; the data of a bundled sample are one click away.
 */
import { Database, FileUp, FolderUp, Images } from 'lucide-react';
import { useRef, useState, type DragEvent } from 'react';
import type { DatasetInfo } from '../../../core/calibrate/types';
import { useData as loadData, useSampleData as loadSampleData } from '../../../store/actions/data';
import { shown } from '../../../store/loadable';
import { openModel } from '../../../store/selectors';
import type { DatasetRole } from '../../../store/state';
import { useStudio } from '../../../store/store';
import { shapeText, wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { fromDrop, fromFileList } from '../open/picker';
import { JobBar } from './job-bar';
import styles from './calibrate.module.css';

const accepted = '.npz,.npy,.png,.jpg,.jpeg,.csv';

export function DataSource({ role }: { readonly role: DatasetRole }) {
  const data = useStudio((s) => s.work.data[role]);
  const sample = useStudio((s) => openModel(s)?.sample);
  const info = shown(data);
  const offered = role === 'calibration' ? sample?.calibration : sample?.test;
  const count = role === 'calibration' ? sample?.calibrationSamples : sample?.testSamples;
  return (
    <div className={styles.source}>
      {info !== undefined && <Loaded info={info} />}
      {data.kind === 'loading' ? (
        <JobBar job="data" progress={data.progress} />
      ) : (
        <>
          {offered !== undefined && info?.name !== offered && (
            <Button
              className={styles.sampleButton}
              icon={<Images size={14} aria-hidden />}
              onClick={() => void loadSampleData(role)}
              data-testid={`sample-data-${role}`}
            >
              Use the sample’s {count === undefined ? '' : `${wholeText(count)} `}
              {role === 'calibration' ? 'calibration' : 'test'} images
            </Button>
          )}
          <DropPlace role={role} again={info !== undefined} />
        </>
      )}
    </div>
  );
}

function DropPlace({ role, again }: { readonly role: DatasetRole; readonly again: boolean }) {
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (given: ReturnType<typeof fromFileList>) => {
    if (given.length > 0) void loadData(given, role);
  };
  const onDrop = (e: DragEvent) => {
    // The page's own drop would take it for the calibration.
    e.preventDefault();
    setOver(false);
    void fromDrop(e.dataTransfer).then(take);
  };
  return (
    <div
      className={`${styles.drop} ${again ? styles.dropAgain : ''} ${over ? styles.over : ''}`}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
      data-testid={`drop-${role}`}
    >
      <p>{again ? 'Or drop other data here' : 'Drop a .npz, a .npy or a folder of images here'}</p>
      <div className={styles.picks}>
        <Button size="small" icon={<FileUp size={13} aria-hidden />} onClick={() => files.current?.click()}>
          Files…
        </Button>
        <Button size="small" icon={<FolderUp size={13} aria-hidden />} onClick={() => folder.current?.click()}>
          Folder…
        </Button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        accept={accepted}
        aria-label="Data files"
        data-testid={`data-input-${role}`}
        onChange={(e) => {
          take(fromFileList(e.currentTarget.files));
          e.currentTarget.value = '';
        }}
      />
      <input
        ref={(element) => {
          folder.current = element;
          // Not among React's attributes.
          element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        aria-label="Folder of images"
        data-testid={`folder-input-${role}`}
        onChange={(e) => {
          take(fromFileList(e.currentTarget.files));
          e.currentTarget.value = '';
        }}
      />
    </div>
  );
}

const kindNames: Readonly<Record<DatasetInfo['kind'], string>> = {
  npz: 'NumPy archive',
  npy: 'NumPy array',
  images: 'Images',
  synthetic: 'Random numbers',
};

function Loaded({ info }: { readonly info: DatasetInfo }) {
  return (
    <div className={styles.loaded} data-testid="dataset">
      <div className={styles.loadedHead}>
        <Database size={16} aria-hidden />
        <div className={styles.loadedName}>
          <b title={info.name}>{info.name}</b>
          <span>
            {kindNames[info.kind]}
            {info.hasLabels ? ', with labels' : ''}
          </span>
        </div>
        <div className={styles.loadedCount}>
          <b>{wholeText(info.samples)}</b>
          <span>{info.samples === 1 ? 'sample' : 'samples'}</span>
        </div>
      </div>
      <ul className={styles.arrays}>
        {info.arrays.map((a) => (
          <li key={a.name}>
            <code title={a.name}>{a.name}</code>
            <span>{a.dtype}</span>
            <span title={shapeText(a.shape)}>{shapeText(a.shape)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
