/** The tutorial below the list of files, closed until somebody wants it: each step opens in the editor and is put to its laws there. */
import { Fragment, useEffect, useState } from 'react';
import { newPlugin } from '../../../store/actions/plugins';
import { Button } from '../../kit/button';
import styles from './plugins.module.css';
import { tutorial, type Step } from './tutorial';

export function TutorialPanel() {
  const [isOpen, setOpen] = useState(false);
  const [steps, setSteps] = useState<readonly Step[]>([]);
  useEffect(() => {
    let gone = false;
    if (isOpen) void tutorial().then((all) => (gone ? undefined : setSteps(all)));
    return () => {
      gone = true;
    };
  }, [isOpen]);
  return (
    <details className={styles.tutorial} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary data-testid="plugin-tutorial">Tutorial</summary>
      <ol>
        {steps.map((step) => (
          <li key={step.file}>
            <h3>{step.title}</h3>
            {step.text.map((paragraph) => (
              <p key={paragraph}>{withCode(paragraph)}</p>
            ))}
            <Button size="small" onClick={() => void newPlugin(step.file, step.source)} data-testid={`open-${step.file}`}>
              Open in the editor
            </Button>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** What stands in backticks. */
const withCode = (text: string) =>
  text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : <Fragment key={i}>{part}</Fragment>));
