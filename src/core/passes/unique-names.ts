/**
 * Makes wishes for stems unique, and keeps them apart from every name that lowering makes of a stem or that the graph
 * has: `<stem>_y`, `<stem>_x2`, `<stem>.rq8`, `<stem>.0` (an output of Split), `<stem>.transA`.
 * Law: no stem, and no name made of a stem, equals another such name or a value's name, upper and lower case being the
 * same. A wish that stands alone is granted as it is; of equal wishes the first keeps the name, the others get _1, _2, as PyTorch
 * counts them.
 */

const tensor = '(?:_(?:x\\d+|yq?|mul|shift|bias|lut|index|indices))?';
/** What lowering appends, in lower case. */
const suffix = new RegExp(`^(?:\\.rq\\d+(?:_\\d+)?|\\.transa)?${tensor}$`);
/** What it appends behind a node with several outputs only. */
const outputSuffix = new RegExp(`^\\.\\d+${tensor}$`);

export interface StemWish {
  readonly stem: string;
  /** Several outputs: lowering makes `<stem>.0`, `<stem>.1`. */
  readonly several: boolean;
}

/** One stem per wish, in order. `values` are names that a stem's derived names must not equal. */
export function uniqueStems(wishes: readonly StemWish[], values: Iterable<string>): string[] {
  const wanted = new Set(wishes.map((w) => w.stem.toLowerCase()));
  const names = new PrefixTree();
  for (const value of values) names.add(value.toLowerCase(), { isStem: false, several: false });
  /** A numbered name that somebody wishes for as it is. */
  const isOthers = (name: string, stem: string): boolean => name !== stem && wanted.has(name.toLowerCase());
  return wishes.map(({ stem, several }) => {
    // a number behind `.rq8` would still be a name that lowering makes
    const base = stem.replace(/\.(rq\d+(_\d+)?)$/i, '_$1');
    let name = stem;
    for (let i = base === stem ? 1 : 0; names.clashes(name.toLowerCase(), several) || isOthers(name, stem); i++) {
      name = i === 0 ? base : `${base}_${i}`;
    }
    names.add(name.toLowerCase(), { isStem: true, several });
    return name;
  });
}

interface Entry {
  readonly isStem: boolean;
  readonly several: boolean;
}

/** Names by every prefix at which a derived name could begin, so that a clash is found without comparing all pairs. */
class PrefixTree {
  private readonly entries = new Map<string, Entry>();
  /** Prefix -> names that are this prefix and something that lowering could have appended. */
  private readonly longer = new Map<string, string[]>();

  add(name: string, entry: Entry): void {
    const known = this.entries.get(name);
    this.entries.set(name, known ? { isStem: known.isStem || entry.isStem, several: known.several || entry.several } : entry);
    for (const prefix of prefixesOf(name)) {
      const names = this.longer.get(prefix);
      if (names) names.push(name);
      else this.longer.set(prefix, [name]);
    }
  }

  clashes(stem: string, several: boolean): boolean {
    if (this.entries.get(stem)?.isStem === true) return true;
    // a name that is there already and could be derived from the new stem
    if ((this.longer.get(stem) ?? []).some((name) => derives(name.slice(stem.length), several))) return true;
    // a stem that is there already and from which the new one could be derived
    return prefixesOf(stem).some((prefix) => {
      const entry = this.entries.get(prefix);
      return entry !== undefined && derives(stem.slice(prefix.length), entry.several);
    });
  }
}

function derives(rest: string, several: boolean): boolean {
  return suffix.test(rest) || (several && outputSuffix.test(rest));
}

/** Every proper prefix after which a derived part can begin: before a `.` or a `_`. */
function prefixesOf(name: string): string[] {
  const prefixes: string[] = [];
  for (let i = name.length - 1; i > 0 && i > name.length - 32; i--) {
    if (name[i] === '.' || name[i] === '_') prefixes.push(name.slice(0, i));
  }
  return prefixes;
}
