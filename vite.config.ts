/**
 * Builds the static site: relative paths, ES module workers, no inlined assets (a strict policy forbids data: scripts).
 * Dev and preview send the headers that make the page cross-origin isolated, so that WASM may use threads.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { sdkTypesPlugin } from './scripts/sdk-types-plugin.ts';
import { sandboxPlugin } from './scripts/sandbox-plugin.ts';
import { offlineEntry, offlinePlugin } from './scripts/offline-plugin.ts';

const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  base: './',
  plugins: [react(), sandboxPlugin(import.meta.dirname), offlinePlugin(import.meta.dirname)],
  worker: { format: 'es', plugins: () => [sandboxPlugin(import.meta.dirname), sdkTypesPlugin(import.meta.dirname)] },
  build: {
    target: 'esnext',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: { index: 'index.html', offline: 'workers/offline.ts' },
      // a service worker rules over the folder that it lies in
      output: { entryFileNames: ({ name }) => (name === 'offline' ? offlineEntry : 'assets/[name]-[hash].js') },
    },
  },
  server: { headers },
  preview: { headers },
});
