/** `npm run bench [-- model.onnx ... | graph]`: runs bench.ts with tsx, after installing what is missing. */
import { ensurePackages } from './ensure.mjs';

ensurePackages();
const { register } = await import('tsx/esm/api');
register();
await import('./bench.ts');
