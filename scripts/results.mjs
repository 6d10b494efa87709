/** `npm run results [-- --models a,b --presets a,b --bits 8/8,4/8]`: runs results.ts with tsx, after installing what is missing. */
import { ensurePackages } from './ensure.mjs';

ensurePackages();
const { register } = await import('tsx/esm/api');
register();
await import('./results.ts');
