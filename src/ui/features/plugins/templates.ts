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
  /** `Choi et al. 2018`, where it comes from one. */
  readonly paper: string | undefined;
  /** What it has: `weights`, `activations`, as its lists are called. */
  readonly roles: readonly string[];
  /** [least, most] bits that it can be asked for; undefined where bits are not its matter. */
  readonly bits: readonly [number, number] | undefined;
}

const quantizers = ['weights', 'activations', 'observers', 'roundings'] as const;
const roles = [...quantizers, 'pruning', 'profiles', 'exporters'] as const;
/** As the SDK takes an entry that names none. */
const usualBits = [2, 8] as const;

export async function templates(): Promise<readonly Template[]> {
  const read = Object.entries(files).map(async ([path, load]) => templateOf(path.split('/').at(-1) ?? path, await load()));
  return (await Promise.all(read)).sort((a, b) => (a.title < b.title ? -1 : 1));
}

/**
 * What a file says of itself, without running it: its name, its lists and their bits, and from its first comment, `Name (paper): what it
 * does, in a sentence.`, the paper and the sentence.
 */
export function templateOf(file: string, source: string): Template {
  const title = /^\s*name: '([^']+)'/m.exec(source)?.[1] ?? file;
  const comment = /^\s*\/\*\*?([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
  const text = comment.replaceAll(/\s*\n\s*\*?\s?/g, ' ').trim();
  const [, least, most] = /^\s*bits: \[(\d+), (\d+)\]/m.exec(source) ?? [];
  const own = roles.filter((role) => new RegExp(`^  ${role}: \\[`, 'm').test(source));
  const bits = least === undefined || most === undefined ? usualBits : ([Number(least), Number(most)] as const);
  return {
    file,
    source,
    title,
    about: sentence(text),
    paper: /\(([^()]*\b\d{4})\)/.exec(text.split(': ')[0] ?? '')?.[1],
    roles: own,
    bits: quantizers.some((role) => own.includes(role)) ? bits : undefined,
  };
}

/** The first sentence behind the name, without the role, which is told beside it. A name that explains itself by commas has none. */
function sentence(text: string): string {
  const [head = '', ...rest] = text.split(': ');
  const said = rest.length === 0 || head.replaceAll(/\([^()]*\)/g, '').includes('. ') ? head : rest.join(': ');
  const first = /^.*?[.](?=\s+[A-Z0-9]|$)/.exec(said)?.[0] ?? said;
  const short = first.split(': ')[0] ?? first;
  const plain = short.replace(/^(weights|activations), (?=(the|a|an) )/, '').replace(/[.:]$/, '');
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
