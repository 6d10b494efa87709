/**
 * Dark or light as the page shows it: the system's wish, overridden by data-theme on <html>. Only for what CSS
 * cannot colour by itself (canvases).
 */
import { useSyncExternalStore } from 'react';

const query = '(prefers-color-scheme: dark)';

function subscribe(changed: () => void): () => void {
  const media = matchMedia(query);
  media.addEventListener('change', changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    media.removeEventListener('change', changed);
    observer.disconnect();
  };
}

function current(): 'dark' | 'light' {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return matchMedia(query).matches ? 'dark' : 'light';
}

export function useColourScheme(): 'dark' | 'light' {
  return useSyncExternalStore(subscribe, current, () => 'light');
}
