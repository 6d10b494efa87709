/** Every shortcut of the studio on one sheet, as actions/all.ts has them. */
import { shortcutText } from '../../../store/actions/action';
import { actions } from '../../../store/actions/all';
import { setView } from '../../../store/store';
import { Dialog } from '../../kit/dialog';
import { Kbd } from '../../kit/feedback';
import styles from './shell.module.css';

const withKeys = actions.filter((a) => a.shortcut !== undefined);
const groups = [...new Set(withKeys.map((a) => a.group))];

export function ShortcutSheet() {
  return (
    <Dialog open wide title="Keyboard shortcuts" onClose={() => setView({ shortcuts: false })}>
      <div className={styles.sheet} data-testid="shortcut-sheet">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {withKeys
                .filter((a) => a.group === group)
                .map((a) => (
                  <div key={a.id}>
                    <dt>{a.title}</dt>
                    <dd>
                      <Kbd>{shortcutText(a.shortcut ?? '')}</Kbd>
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
