// Compiles the AssemblyScript of src/core/kernel/assembly and writes it as base64 into wasm.ts beside it: the core
// fetches nothing, so it carries the bytes. Run after every change there; a test compiles again and compares.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../src/core/kernel/', import.meta.url);

/** The text of wasm.ts. Throws where the source does not compile. */
export async function kernelModule() {
  const { default: asc } = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await asc.main(
    [
      fileURLToPath(new URL('assembly/index.ts', folder)),
      ...['--outFile', 'kernel.wasm', '--runtime', 'stub', '-O3', '--noAssert', '--enable', 'simd', '--use', 'abort='],
    ],
    {
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(`The kernel does not compile: ${error?.message ?? ''}\n${stderr.toString()}`);
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,130}/g) ?? [];
  const head = `/** The compiled kernel (${binary.length} bytes), made by scripts/build-kernel.mjs from assembly/: do not edit. */\n`;
  return `${head}export const kernelBase64 =\n  '${lines.join("' +\n  '")}';\n`;
}

export const kernelFile = new URL('wasm.ts', folder);
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(kernelFile, await kernelModule());
