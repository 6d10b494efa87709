/**
 * A plugin's source, .ts or .js, as a script that puts what it exports into `exports`: types are left out, line numbers stay. Types are
 * not checked here; that is the editor's. Law: nothing is run.
 */
import { StudioError } from '../../core/index';

/** Throws `bad-plugin` with the line of a fault. */
export async function scriptOf(file: string, source: string): Promise<string> {
  const { transform } = await import('sucrase');
  try {
    const { code } = transform(source, {
      transforms: /\.[cm]?ts$/i.test(file) ? ['typescript', 'imports'] : ['imports'],
      disableESTransforms: true,
      filePath: file,
    });
    return code;
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const line = /\((\d+):\d+\)/.exec(got)?.[1];
    throw new StudioError({
      code: 'bad-plugin',
      what: 'The plugin cannot be read as a program',
      got: got.replace(/^Error transforming [^:]*: /, ''),
      where: { file, ...(line === undefined ? {} : { line: Number(line) }) },
    });
  }
}
