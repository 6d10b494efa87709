/** What opening needs above every screen: the hidden picker, the drop overlay, the progress card, the question for a shape. */
import { FileDown } from 'lucide-react';
import { useEffect, useState } from 'react';
import { pickerId } from '../../../store/actions/all';
import { cancelOpen } from '../../../store/actions/open';
import { takeFiles } from '../../../store/actions/take-files';
import { useStudio } from '../../../store/store';
import { Progress } from '../../kit/feedback';
import styles from './open.module.css';
import { fromDrop, fromFileList } from './picker';
import { ShapeDialog } from './shape-dialog';

const stageNames: Readonly<Record<string, string>> = {
  read: 'Reading the file',
  parse: 'Reading the file',
  fold: 'Folding constants',
  shapes: 'Working out shapes',
  passes: 'Recognising layers',
  graph: 'Drawing the graph',
};

export function OpenLayer() {
  const dragging = useDropAnywhere();
  const model = useStudio((s) => s.work.model);
  const progress = model.kind === 'loading' ? model.progress : undefined;
  return (
    <>
      <input
        id={pickerId}
        type="file"
        multiple
        hidden
        data-testid="open-input"
        onChange={(e) => {
          void takeFiles(fromFileList(e.currentTarget.files));
          e.currentTarget.value = '';
        }}
      />
      {dragging && (
        <div className={styles.overlay} data-testid="drop-overlay">
          <FileDown size={40} strokeWidth={1.5} aria-hidden />
          Drop to open
          <small>
            A model (.onnx) with its weights and data, a project (.t2cproj), calibration data (.npz, .npy, images), or a plugin (.ts, .js);
            after a conversion also a simulator's dump (.mem, .npy, .txt)
          </small>
        </div>
      )}
      {model.kind === 'loading' && (
        <div className={styles.opening}>
          <Progress
            label={progress === undefined ? 'Opening the model' : (stageNames[progress.stage] ?? progress.stage)}
            value={progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total}
            onCancel={cancelOpen}
          />
        </div>
      )}
      <ShapeDialog />
    </>
  );
}

/** The tensor that lies under the pointer: the one in the inspector, or the output of a card. */
function dropTarget(at: EventTarget | null): { readonly layer: string; readonly role: string } | undefined {
  const box = at instanceof Element ? at.closest<HTMLElement>('[data-layer]') : null;
  const layer = box?.dataset['layer'];
  return layer === undefined ? undefined : { layer, role: box?.dataset['role'] ?? 'yq' };
}

/** Joins the window's drag events; true while files are held over the page. */
function useDropAnywhere(): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const hasFiles = (e: DragEvent) => e.dataTransfer?.types.includes('Files') === true;
    const over = (e: DragEvent) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      setDragging(true);
    };
    const leave = (e: DragEvent) => {
      if (e.relatedTarget === null) setDragging(false);
    };
    const drop = (e: DragEvent) => {
      setDragging(false);
      // A panel that took the drop for itself has prevented the default already.
      if (!hasFiles(e) || e.defaultPrevented || e.dataTransfer === null) return;
      e.preventDefault();
      const target = dropTarget(e.target);
      void fromDrop(e.dataTransfer).then((files) => takeFiles(files, target));
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return dragging;
}
