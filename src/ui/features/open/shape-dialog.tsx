/** Asks for the shape of an input whose extents the model leaves open. The engine's error names the input. */
import { useState } from 'react';
import { declineShapes, openWithShapes } from '../../../store/actions/open';
import { useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { Dialog } from '../../kit/dialog';
import styles from './open.module.css';

/** `1x3x224x224` or `1, 3, 224, 224` as extents; undefined when it is neither. */
export function parseShape(text: string): readonly number[] | undefined {
  const parts = text.trim().split(/\s*[x×,\s]\s*/);
  const extents = parts.map(Number);
  return parts[0] !== '' && extents.every((n) => Number.isInteger(n) && n > 0) ? extents : undefined;
}

export function ShapeDialog() {
  const wanted = useStudio((s) => s.work.shapeWanted);
  if (wanted === undefined) return null;
  return (
    <Question
      key={`${wanted.fileName}/${wanted.error.where?.value ?? ''}`}
      what={wanted.error.what}
      todo={wanted.error.todo}
      input={wanted.error.where?.value ?? ''}
      fileName={wanted.fileName}
      got={wanted.error.got}
    />
  );
}

interface Props {
  readonly what: string;
  readonly todo: string | undefined;
  readonly input: string;
  readonly fileName: string;
  /** The shape with its open extents, as the engine read it. */
  readonly got: string | undefined;
}

function Question({ what, todo, input, fileName, got }: Props) {
  const [name, setName] = useState(input);
  const [text, setText] = useState('');
  const shape = parseShape(text);
  const ready = shape !== undefined && name !== '';
  // The engine's advice ends in an example for the command line: `--shape name=1x64`.
  const example = todo?.match(/=(\d+(?:x\d+)*)/)?.[1]?.replaceAll('x', '×') ?? '1×3×224×224';
  const submit = () => {
    if (ready) void openWithShapes({ [name]: shape });
  };
  return (
    <Dialog
      open
      onClose={declineShapes}
      title="Choose a shape"
      foot={
        <>
          <Button onClick={declineShapes}>Cancel</Button>
          <Button look="primary" disabled={!ready} onClick={submit} data-testid="shape-open">
            Open
          </Button>
        </>
      }
    >
      <form
        className={styles.shapes}
        onSubmit={(e) => {
          e.preventDefault();
          submit();
        }}
      >
        <p>
          {fileName}: {what}. Everything is laid out for one sample of one shape.
        </p>
        <label>
          Input
          <input value={name} onChange={(e) => setName(e.currentTarget.value)} spellCheck={false} />
        </label>
        <label>
          Shape{got === undefined ? '' : `, the model says ${got}`}
          <input
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            placeholder={example}
            spellCheck={false}
            autoFocus
            aria-invalid={text !== '' && !ready}
          />
        </label>
        {text !== '' && shape === undefined && (
          <p className={styles.wrong}>Write whole numbers with × or commas between them, such as 1×3×224×224.</p>
        )}
        {/* With two fields, Enter sends a form only when it has a button of its own. */}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
