/** What stands on the page while the last visit is looked for: the mark alone, and only if that takes a moment. */
import { Logo } from '../open/logo';
import styles from './shell.module.css';

export function Splash() {
  return (
    <main className={styles.splash} aria-busy="true" aria-label="Starting">
      <Logo size={40} />
    </main>
  );
}
