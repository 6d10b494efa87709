/**
 * The program of the sandbox's worker around a plugin. It is not loaded by address, as a frame without an origin may load nothing:
 * scripts/sandbox-plugin.ts bundles it as text, and adapters/sandbox/worker-text.ts joins it with the plugin's script.
 */
import { serve, type Factory } from '../src/adapters/sandbox/inside/serve';

declare const self: DedicatedWorkerGlobalScope;

export const start = (factory: Factory): void => serve(self, factory);
