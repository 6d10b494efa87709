/**
 * Builds the static site: relative paths, ES module workers, no inlined assets (a strict policy forbids data: scripts).
 * Dev and preview send the headers that make the page cross-origin isolated, so that WASM may use threads.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'esnext', assetsInlineLimit: 0, chunkSizeWarningLimit: 1500 },
  server: { headers },
  preview: { headers },
});
