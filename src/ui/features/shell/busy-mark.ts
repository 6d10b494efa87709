/** `data-busy` on <html>: true while something is being worked out or written for the next visit. Tests and assistive tools wait for it; nothing is drawn. */
import { useEffect } from 'react';
import { isBusy } from '../../../store/selectors';
import { useStudio } from '../../../store/store';

export function useBusyMark(starting: boolean): void {
  const busy = useStudio((s) => isBusy(s) || s.work.layout.kind === 'loading' || s.work.keeping);
  useEffect(() => {
    document.documentElement.dataset['busy'] = String(starting || busy);
  }, [starting, busy]);
}
