/** The entry of a worker thread that is a mate of the executor: learns to read the sources first, as scripts/cli.mjs does. */
import { register } from 'tsx/esm/api';

register();
await import('./mate.ts');
