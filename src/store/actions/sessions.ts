/** The list of kept sessions with their sizes, and the room that there is: read when somebody looks, changed by deleting. */
import { deleteVisit, visitNow } from '../keep';
import { fieldsOf } from '../run-job';
import { services } from '../services';
import { notifyError, setView, setWork, state } from '../store';
import { readVisits, visitBytes } from '../visits';
import { openVisit } from './restore';

export async function loadSessions(): Promise<void> {
  try {
    const visits = await readVisits();
    const sized = await Promise.all(visits.map(async (visit) => ({ ...visit, bytes: await visitBytes(visit.id) })));
    sized.sort((a, b) => b.usedAt - a.usedAt);
    setWork({ sessions: { visits: sized, open: visitNow(), room: await services().storage.estimate() } });
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}

export async function openSession(id: string): Promise<void> {
  setView({ dialog: undefined });
  if (id === visitNow()) return;
  try {
    await openVisit(id);
  } catch (error) {
    notifyError({ ...fieldsOf(error), what: 'Not everything of this session could be brought back' });
  }
}

export async function deleteSession(id: string): Promise<void> {
  await deleteVisit(id);
  await loadSessions();
}

export async function deleteAllSessions(): Promise<void> {
  for (const { id } of state().work.sessions?.visits ?? []) await deleteVisit(id);
  await loadSessions();
}
