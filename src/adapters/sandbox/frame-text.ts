/**
 * The document of the frame that a plugin lives in. It is given as text, so that no request is made for it: it works without a
 * network, at any address, and in a page that demands isolation of its frames. It has the page's policy and its own, stricter one,
 * and so has the worker in it. index.html names the script by its hash; a test holds the two together.
 */

/** Takes one port in and gives it to a worker made of the text; tells once when that worker fails outside of a call. */
export const frameScript = `addEventListener('message', (e) => {
  if (e.source !== parent || origin !== 'null') return;
  const [port, alarm] = e.ports;
  const worker = new Worker(URL.createObjectURL(new Blob([e.data], { type: 'text/javascript' })));
  worker.onerror = (x) => {
    x.preventDefault();
    worker.onerror = (y) => y.preventDefault();
    alarm.postMessage({ message: String(x.message).slice(0, 500), line: x.lineno, column: x.colno });
  };
  worker.postMessage(0, [port]);
}, { once: true });`;

/** SHA-256 of the script in Base64, as policies write it. */
export const frameScriptHash = 'hQaGBe7Rtuu546a6XZ5iwPPAGoXcg52wQv/lKPZqMg4=';

export const framePolicy = `default-src 'none'; script-src 'sha256-${frameScriptHash}'; worker-src blob:`;

export const frameText = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${framePolicy}"><script>${frameScript}</script>`;
