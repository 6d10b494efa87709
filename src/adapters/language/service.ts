/**
 * What an editor asks about a plugin's text: TypeScript's language service over three kinds of files in memory: the language's own
 * declarations, the SDK's, and the text. Nothing is run and nothing is fetched.
 */
import ts from 'typescript';
import type { CodeCompletions, CodeExplanation, CodeFault, CodeHelp } from '../../engine/code-help';

const sdk = '/sdk/core/plugin/sdk.d.ts';
const globals = '/lib/sandbox.d.ts';
/** What a sandbox has besides the language (sandbox/inside/harden.ts). */
const globalTypes = `declare const console: { log(...all: unknown[]): void; warn(...all: unknown[]): void; error(...all: unknown[]): void };
declare function structuredClone<T>(value: T): T;
`;
const MOST_COMPLETIONS = 400;

/** `types`: declarations by path (`virtual:sdk-types`). */
export function createLanguage(types: Readonly<Record<string, string>>): CodeHelp {
  const fixed = new Map([...Object.entries(types), [globals, globalTypes] as const]);
  let open = { path: '/plugin.ts', text: '', version: 0 };

  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => ({
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      lib: ['lib.es2023.d.ts'],
      types: [],
      // a plain script owes nobody types; what contradicts the SDK is still told
      strict: !isPlain(open.path),
      allowJs: true,
      checkJs: true,
      noEmit: true,
      skipLibCheck: true,
    }),
    getScriptFileNames: () => [globals, open.path],
    getScriptVersion: (path) => (path === open.path ? String(open.version) : '0'),
    getScriptSnapshot: (path) => {
      const text = path === open.path ? open.text : fixed.get(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => '/',
    getDefaultLibFileName: () => '/lib/lib.es2023.d.ts',
    fileExists: (path) => path === open.path || fixed.has(path),
    readFile: (path) => (path === open.path ? open.text : fixed.get(path)),
    resolveModuleNameLiterals: (literals, from) =>
      literals.map(({ text }) => {
        const path = text === 'torch2chip' ? sdk : text.startsWith('.') && from !== open.path ? `${joined(from, text)}.d.ts` : undefined;
        return {
          resolvedModule: path === undefined || !fixed.has(path) ? undefined : { resolvedFileName: path, extension: ts.Extension.Dts },
        };
      }),
  };
  const service = ts.createLanguageService(host);
  const at = (file: string, text: string): string => {
    const path = `/${isPlain(file) ? 'plugin.js' : 'plugin.ts'}`;
    if (path !== open.path || text !== open.text) open = { path, text, version: open.version + 1 };
    return path;
  };

  return {
    async faults(file, text) {
      const path = at(file, text);
      return [...service.getSyntacticDiagnostics(path), ...service.getSemanticDiagnostics(path)].map(faultOf);
    },
    async completions(file, text, position): Promise<CodeCompletions | undefined> {
      const path = at(file, text);
      const found = service.getCompletionsAtPosition(path, position, { includeCompletionsWithInsertText: false });
      if (!found) return undefined;
      const before = /[\w$]*$/.exec(text.slice(0, position))?.[0] ?? '';
      const wanted = before.toLowerCase();
      const items = found.entries
        .filter((e) => e.kind !== ts.ScriptElementKind.warning && e.name.toLowerCase().includes(wanted))
        .slice(0, MOST_COMPLETIONS)
        .map((e) => ({ label: e.name, kind: kinds[e.kind] ?? 'variable' }));
      return items.length === 0 ? undefined : { from: position - before.length, items };
    },
    async detail(file, text, position, label) {
      const path = at(file, text);
      const found = service.getCompletionEntryDetails(path, position, label, undefined, undefined, undefined, undefined);
      if (!found) return undefined;
      const about = ts.displayPartsToString(found.documentation);
      return about === '' ? ts.displayPartsToString(found.displayParts) : `${ts.displayPartsToString(found.displayParts)}\n\n${about}`;
    },
    async explain(file, text, position): Promise<CodeExplanation | undefined> {
      const path = at(file, text);
      const found = service.getQuickInfoAtPosition(path, position);
      if (!found) return undefined;
      const { start, length } = found.textSpan;
      return {
        from: start,
        to: start + length,
        type: ts.displayPartsToString(found.displayParts),
        about: ts.displayPartsToString(found.documentation),
      };
    },
  };
}

const isPlain = (file: string): boolean => /\.[cm]?js$/i.test(file);

const kinds: Readonly<Record<string, string>> = {
  [ts.ScriptElementKind.keyword]: 'keyword',
  [ts.ScriptElementKind.functionElement]: 'function',
  [ts.ScriptElementKind.localFunctionElement]: 'function',
  [ts.ScriptElementKind.memberFunctionElement]: 'method',
  [ts.ScriptElementKind.memberVariableElement]: 'property',
  [ts.ScriptElementKind.memberGetAccessorElement]: 'property',
  [ts.ScriptElementKind.interfaceElement]: 'type',
  [ts.ScriptElementKind.typeElement]: 'type',
  [ts.ScriptElementKind.classElement]: 'class',
  [ts.ScriptElementKind.constElement]: 'constant',
  [ts.ScriptElementKind.string]: 'constant',
};

function faultOf(d: ts.Diagnostic): CodeFault {
  const from = d.start ?? 0;
  return {
    from,
    to: from + Math.max(1, d.length ?? 1),
    severity: d.category === ts.DiagnosticCategory.Error ? 'error' : 'warning',
    message: ts.flattenDiagnosticMessageText(d.messageText, '\n'),
  };
}

/** `/a/b.d.ts` and `../c` give `/c`. */
function joined(from: string, to: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const step of to.split('/')) {
    if (step === '..') parts.pop();
    else if (step !== '.') parts.push(step);
  }
  return parts.join('/');
}
