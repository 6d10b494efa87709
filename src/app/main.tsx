/** Where the page is put together: the real engine behind its worker, in the element that index.html provides. */
import { createEngineClient, spawnEngine } from '../adapters/engine-client';
import { mount } from './mount';
import { openFrames } from './sandbox-frames';

const root = document.getElementById('root');
if (root !== null)
  mount(
    createEngineClient(() => spawnEngine(openFrames())),
    root,
  );
