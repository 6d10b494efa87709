/** What opening needs above every screen: the hidden picker, the drop overlay, the progress card, the question for a shape. */
import { FileDown } from 'lucide-react';
import { useEffect, useState } from 'react';
import { pickerId } from '../../../store/actions/all';
import { cancelOpen, takeFiles } from '../../../store/actions/open';
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
          <small>A model (.onnx) with its data files, or calibration data (.npz, .npy, images)</small>
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
      void fromDrop(e.dataTransfer).then(takeFiles);
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
