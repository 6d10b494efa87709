/** The one hint of a place, in a line of its own: nothing lies under it. It goes for good when it is dismissed or known. */
import { Lightbulb, X } from 'lucide-react';
import { Fragment } from 'react';
import { shortcutText } from '../../../store/actions/action';
import { dismissHint } from '../../../store/actions/view';
import { hintNow, type HintPlace } from '../../../store/hints';
import { useStudio } from '../../../store/store';
import { IconButton } from '../../kit/button';
import { Kbd } from '../../kit/feedback';
import styles from './hint-line.module.css';

export function HintLine({ place }: { readonly place: HintPlace }) {
  const hint = useStudio((s) => hintNow(s, place));
  if (hint === undefined) return null;
  return (
    <aside className={styles.hint} aria-label="Hint" data-testid="hint" data-hint={hint.id}>
      <Lightbulb size={14} aria-hidden />
      <p>
        {hint.text.split(/[{}]/).map((part, i) => (
          // every other part stood in braces
          <Fragment key={i}>{i % 2 === 0 ? part : <Kbd>{keyText(part)}</Kbd>}</Fragment>
        ))}
      </p>
      <IconButton label="Dismiss the hint" size="small" onClick={() => dismissHint(hint.id)} data-testid="dismiss-hint">
        <X size={13} aria-hidden />
      </IconButton>
    </aside>
  );
}

/** `Mod` alone is a key too. */
const keyText = (key: string): string => (key === 'Mod' ? shortcutText('Mod+').replace('+', '') : shortcutText(key));
