/**
 * Registers the service worker (workers/offline.ts) that keeps the page for later visits without a network. On a host that
 * does not isolate the page, its first run loads the page once more, unless a model is open by then: only so do threads come.
 */
export function keepForOffline(isInUse: () => boolean): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  const first = serviceWorker.controller === null;
  if (first && !crossOriginIsolated) {
    serviceWorker.addEventListener(
      'controllerchange',
      () => {
        if (!isInUse()) location.reload();
      },
      { once: true },
    );
  }
  const keepLargeFiles = () => void serviceWorker.ready.then(({ active }) => active?.postMessage('keep'));
  if (document.readyState === 'complete') keepLargeFiles();
  else window.addEventListener('load', keepLargeFiles, { once: true });
  // a host without https, or a person who forbids storage: the page works, it is only not kept
  serviceWorker.register('./offline.js').catch(() => undefined);
}
