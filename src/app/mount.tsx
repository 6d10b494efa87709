/**
 * Joins an engine to the page: services, theme, the start of the session, the first render. It decides nothing of its own;
 * the engine comes in as an argument, so that the same page runs over any implementation of EngineApi.
 */
import '@fontsource-variable/geist';
import '@fontsource-variable/geist-mono';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createCodeHelp } from '../adapters/code-help-client';
import { createLayoutClient } from '../adapters/layout-client';
import type { EngineApi } from '../engine/api';
import { askEngine } from '../store/actions/engine-facts';
import { followLink, linkAtStart, watchLink } from '../store/actions/link';
import { restoreSession } from '../store/actions/restore';
import { startPlugins } from '../store/actions/plugins';
import { loadSamples } from '../store/actions/samples';
import { loadTheme, watchHints } from '../store/actions/view';
import { keepSessionUpToDate } from '../store/keep';
import { watchLearned } from '../store/actions/learning';
import { provideServices } from '../store/services';
import { setWork, state } from '../store/store';
import { createStorage } from '../store/storage';
import '../ui/kit/tokens.css';
import '../ui/kit/base.css';
import { App } from './app';
import { keepForOffline } from './offline';
import { watchTraffic } from './traffic';

export function mount(engine: EngineApi, root: HTMLElement): void {
  loadTheme();
  provideServices({ engine, layout: createLayoutClient(), storage: createStorage(), codeHelp: lazily(createCodeHelp) });
  keepSessionUpToDate();
  watchLearned();
  watchHints();
  watchTraffic((host) => setWork({ foreignHosts: [...state().work.foreignHosts, host] }));
  keepForOffline(() => state().work.model.kind !== 'empty');
  const started = start();
  createRoot(root).render(
    <StrictMode>
      <App started={started} />
    </StrictMode>,
  );
}

/** The samples first: a kept sample is found again by its id. What fails tells it as a notice; the page starts anyway. */
async function start(): Promise<void> {
  void askEngine();
  await loadSamples();
  const { link, visit } = await linkAtStart();
  // not waited for: a model that needs none of them is there at once
  startPlugins();
  await restoreSession(visit);
  if (link !== undefined) await followLink(link);
  watchLink();
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
