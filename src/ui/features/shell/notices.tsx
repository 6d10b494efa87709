/** Messages above the strip: what is not an error leaves by itself unless it is pointed at; errors wait to be read. */
import { useEffect, useState } from 'react';
import { titleNow } from '../../../store/actions/action';
import { actionById } from '../../../store/actions/all';
import { openModel } from '../../../store/selectors';
import type { ShownNotice } from '../../../store/state';
import { dismiss, useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { Notice } from '../../kit/feedback';
import styles from './shell.module.css';

const stayMs = { good: 5000, accent: 5000, watch: 12_000, bad: undefined } as const;

export function Notices() {
  const notices = useStudio((s) => s.notices);
  const raised = useStudio((s) => openModel(s) !== undefined && s.view.panels.strip && s.view.place === 'graph');
  return (
    <section className={`${styles.notices} ${raised ? styles.raised : ''}`} aria-label="Messages" aria-live="polite" data-testid="notices">
      {notices.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

/** The command that goes with a message, as it is called now. */
function Offer({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const action = actionById(id);
  const title = useStudio((s) => (action === undefined ? '' : titleNow(action, s)));
  if (action === undefined) return null;
  return (
    <Button
      size="small"
      onClick={() => {
        onDone();
        void action.run();
      }}
      data-testid={`offer-${id}`}
    >
      {title}
    </Button>
  );
}

function Toast({ notice }: { readonly notice: ShownNotice }) {
  const [held, setHeld] = useState(false);
  const stay = held ? undefined : stayMs[notice.tone];
  useEffect(() => {
    if (stay === undefined) return;
    const timer = setTimeout(() => dismiss(notice.id), stay);
    return () => clearTimeout(timer);
  }, [stay, notice.id]);
  return (
    <div
      className={styles.toast}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Notice tone={notice.tone} title={notice.title} onDismiss={() => dismiss(notice.id)}>
        {notice.detail !== undefined && <div className={styles.toastDetail}>{notice.detail}</div>}
        {notice.action !== undefined && <Offer id={notice.action} onDone={() => dismiss(notice.id)} />}
      </Notice>
    </div>
  );
}
