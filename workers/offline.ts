/**
 * The service worker: the page is there without a network, and a plain static host gets the two headers that isolate it,
 * so that WASM may use threads. The list of files is written by scripts/offline-plugin.ts. Large files (ONNX Runtime, samples)
 * are kept when the page asks for them: the runtime once the page is at rest, a sample when it is opened. Law: it answers requests to its own origin only, and never with other bytes than the host's.
 */
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { CacheFirst, NetworkFirst } from 'workbox-strategies';

declare const self: ServiceWorkerGlobalScope & { readonly __FILES: readonly PrecacheEntry[]; readonly __LARGE_FILES: readonly string[] };

/** The page's own policy binds no worker that has an address: theirs comes with their script. */
const workerPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self' blob:";

/** Headers of a response are read-only: a new one with the same body. */
const isolated = {
  handlerWillRespond: ({ response, request }: { readonly response: Response; readonly request: Request }): Promise<Response> => {
    const headers = new Headers(response.headers);
    if (request.destination === 'worker') headers.set('Content-Security-Policy', workerPolicy);
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
    const { status, statusText } = response;
    return Promise.resolve(new Response(response.body, { status, statusText, headers }));
  },
};

addPlugins([isolated]);
cleanupOutdatedCaches();
precacheAndRoute([...self.__FILES]);
const own = (url: URL): boolean => url.origin === self.location.origin;
// names with a hash in them never change what they hold
const large = new CacheFirst({ cacheName: 'runtime', plugins: [isolated] });
const keepLarge = async (event: ExtendableEvent): Promise<void> => {
  const wanted = self.__LARGE_FILES.map((file) => new URL(file, self.registration.scope).href);
  const cache = await caches.open('runtime');
  for (const { url } of await cache.keys()) if (!wanted.includes(url)) await cache.delete(url);
  for (const url of wanted) await large.handle({ event, request: new Request(url) });
};
registerRoute(({ url }) => own(url) && url.pathname.endsWith('.wasm'), large);
registerRoute(
  ({ url }) => own(url) && /\/assets\/language-[^/]*\.js$/.test(url.pathname),
  new CacheFirst({ cacheName: 'language', plugins: [isolated] }),
);
registerRoute(({ url }) => own(url) && url.pathname.includes('/samples/'), new NetworkFirst({ cacheName: 'samples', plugins: [isolated] }));
// counted where the person can see it (src/app/traffic.ts); answered by nobody here
self.addEventListener('fetch', ({ request }) => {
  const { origin, host } = new URL(request.url);
  if (origin === self.location.origin) return;
  void self.clients.matchAll().then((pages) => pages.forEach((page) => page.postMessage({ foreignHost: host })));
});
self.addEventListener('message', (event) => event.waitUntil(keepLarge(event)));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
