/** Where the page is put together: the real engine behind its worker, in the element that index.html provides. */
import { createEngineClient } from '../adapters/engine-client';
import { mount } from './mount';

const root = document.getElementById('root');
if (root !== null) mount(createEngineClient(), root);
