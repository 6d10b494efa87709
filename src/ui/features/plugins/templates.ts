/**
 * The plugins that come with the studio, to begin from: the very files of plugins/, which the tests run. Each says in its first
 * comment what it is.
 */
const files = import.meta.glob<string>(['../../../../plugins/*.ts', '!**/*.test.ts', '!**/*.fixture.ts', '!**/*.d.ts'], {
  query: '?raw',
  import: 'default',
});

export interface Template {
  readonly file: string;
  readonly source: string;
  readonly title: string;
  readonly about: string;
}

export async function templates(): Promise<readonly Template[]> {
  const read = Object.entries(files).map(async ([path, load]) => templateOf(path.split('/').at(-1) ?? path, await load()));
  return (await Promise.all(read)).sort((a, b) => (a.title < b.title ? -1 : 1));
}

/** What a file says of itself, without running it: `name:` and the first sentence of its first comment. */
export function templateOf(file: string, source: string): Template {
  const title = /^\s*name: '([^']+)'/m.exec(source)?.[1] ?? file;
  const comment = /^\s*\/\*\*?([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
  const text = comment.replaceAll(/\s*\n\s*\*?\s?/g, ' ').trim();
  return { file, source, title, about: (/^.*?[.:](?=\s|$)/.exec(text)?.[0] ?? text).replace(/[.:]$/, '') };
}
