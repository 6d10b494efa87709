/** Kept sessions: the dialog with all of them and the room they take, and the few newest for the start screen. */
import { FileBox, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { deleteAllSessions, deleteSession, loadSessions, openSession } from '../../../store/actions/sessions';
import type { KeptSessions } from '../../../store/state';
import { setView, useStudio } from '../../../store/store';
import { Button, IconButton } from '../../kit/button';
import { Dialog } from '../../kit/dialog';
import { Badge, EmptyState } from '../../kit/feedback';
import { bytesText } from '../open/bytes-text';
import styles from './project.module.css';
import { whenText } from './when-text';

type KeptVisit = KeptSessions['visits'][number];

const madeText = { opened: 'opened', calibrated: 'calibrated', converted: 'converted' } as const;

/** On the start screen, where a person goes on from. */
export function RecentSessions() {
  const sessions = useStudio((s) => s.work.sessions);
  const newest = sessions?.visits.slice(0, 3) ?? [];
  return (
    <section className={styles.recent} aria-label="Recent sessions" data-testid="recent-sessions">
      <header>
        <h2>Recent</h2>
        <Button size="small" look="ghost" onClick={() => setView({ dialog: 'sessions' })} data-testid="all-sessions">
          All sessions…
        </Button>
      </header>
      <ul>
        {newest.map((visit) => (
          <li key={visit.id}>
            <Entry visit={visit} isOpen={false} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Entry({ visit, isOpen }: { readonly visit: KeptVisit; readonly isOpen: boolean }) {
  const [now] = useState(Date.now);
  return (
    <button type="button" className={styles.entry} onClick={() => void openSession(visit.id)} data-testid="session" data-name={visit.name}>
      <FileBox size={16} aria-hidden />
      <span className={styles.name} title={visit.name}>
        {visit.name}
      </span>
      {isOpen ? <Badge tone="accent">open</Badge> : <span className={styles.made}>{madeText[visit.made]}</span>}
      <span className={styles.when}>{whenText(visit.usedAt, now)}</span>
      <span className={styles.size}>{bytesText(visit.bytes)}</span>
    </button>
  );
}

export function SessionsDialog() {
  const sessions = useStudio((s) => s.work.sessions);
  const [sure, setSure] = useState(false);
  useEffect(() => {
    void loadSessions();
  }, []);
  const close = () => setView({ dialog: undefined });
  const all = sessions?.visits ?? [];
  return (
    <Dialog
      open
      onClose={close}
      title="Sessions"
      foot={
        <>
          {all.length > 0 && (
            <Button
              look="danger"
              onClick={() => {
                if (sure) void deleteAllSessions();
                setSure(!sure);
              }}
              data-testid="delete-sessions"
            >
              {sure ? `Delete all ${all.length} for good` : 'Delete all…'}
            </Button>
          )}
          <span className={styles.spacer} />
          <Button look="primary" onClick={close}>
            Done
          </Button>
        </>
      }
    >
      <div className={styles.sessions} data-testid="sessions">
        <p className={styles.lead}>
          Every model that you open is kept in this browser with its data, recipe and statistics, until you delete it. Nothing leaves this
          machine.
        </p>
        {sessions?.room !== undefined && <Room {...sessions.room} />}
        {sessions !== undefined && all.length === 0 && <EmptyState title="Nothing is kept">The next model that you open is.</EmptyState>}
        <ul>
          {all.map((visit) => (
            <li key={visit.id}>
              <Entry visit={visit} isOpen={visit.id === sessions?.open} />
              <IconButton label={`Delete ${visit.name}`} size="small" onClick={() => void deleteSession(visit.id)}>
                <Trash2 size={14} aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Room({ used, quota }: { readonly used: number; readonly quota: number }) {
  const share = quota === 0 ? 0 : used / quota;
  return (
    <div className={styles.room} data-testid="storage-used">
      <div>
        <b>{bytesText(used)}</b> in use <span>of {bytesText(quota)} that the browser allows</span>
      </div>
      <div className={styles.track} aria-hidden>
        <div
          data-tone={share > 0.8 ? 'watch' : undefined}
          style={{ width: `${Math.min(100, Math.max(share * 100, used > 0 ? 0.5 : 0))}%` }}
        />
      </div>
      <small>With what learning and exports have put aside, and the page itself for use without a network.</small>
    </div>
  );
}
