/**
 * `npm run --silent cli -- <command> ...`: installs the packages if they are missing (messages on stderr) and
 * runs the command line in this process. Paths are relative to where npm was called.
 */
import { ensurePackages } from './ensure.mjs';

try {
  ensurePackages();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}

const { register } = await import('tsx/esm/api');
const { register: registerCommonJs } = await import('tsx/cjs/api');
register();
registerCommonJs(); // a plugin outside of any package is taken for CommonJS by Node
if (process.env['INIT_CWD']) process.chdir(process.env['INIT_CWD']);
await import('../src/cli/main.ts');
