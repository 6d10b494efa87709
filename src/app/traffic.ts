/**
 * Counts requests to other hosts. With the service worker in charge it tells of all, those of workers too; without it the
 * browser's list of the page's own is read. Requests that the policy forbids never leave and are not counted.
 */
export function watchTraffic(tell: (host: string) => void): void {
  const controlled = (): boolean => 'serviceWorker' in navigator && navigator.serviceWorker.controller !== null;
  new PerformanceObserver((list) => {
    if (controlled()) return;
    for (const { name } of list.getEntries()) {
      const { protocol, host } = new URL(name, location.href);
      if (/^(https?|wss?):$/.test(protocol) && host !== location.host) tell(host);
    }
  }).observe({ type: 'resource', buffered: true });
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<{ readonly foreignHost?: string }>) => {
    if (data.foreignHost !== undefined) tell(data.foreignHost);
  });
}
