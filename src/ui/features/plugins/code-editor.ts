/**
 * The text editor of a plugin: CodeMirror with the studio's colours, completion and faults from the language worker, and the faults that
 * a run has told. Comes as a chunk of its own when an editor is first seen. It owns its text; the page is told of changes.
 */
import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { javascript } from '@codemirror/lang-javascript';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { forceLinting, lintGutter, linter, type Diagnostic } from '@codemirror/lint';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import type { CodeHelp } from '../../../engine/code-help';

/** What a run said went wrong, at a line from 1. */
export interface RunFault {
  readonly line: number;
  readonly message: string;
}

export interface CodeEditor {
  /** Replaces the text, where it is another. */
  setText(text: string): void;
  setRunFault(fault: RunFault | undefined): void;
  focus(): void;
  close(): void;
}

interface Options {
  readonly file: string;
  readonly text: string;
  readonly help: CodeHelp;
  readonly onChange: (text: string) => void;
  readonly onSave: () => void;
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--op-elementwise)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--op-pool)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--op-activation)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--text-faint)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className, tags.namespace], color: 'var(--op-linear)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--op-conv)' },
  { tag: tags.propertyName, color: 'var(--text)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px', color: 'var(--text)', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--accent)', paddingBlock: '8px' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--text-faint)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--surface-sunken)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--surface-active)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--surface-active)', outline: '1px solid var(--hairline-strong)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--surface-active)', border: 'none', color: 'var(--text-muted)' },
  '.cm-tooltip': {
    border: '1px solid var(--hairline-strong)',
    borderRadius: '8px',
    backgroundColor: 'var(--surface-raised)',
    color: 'var(--text)',
    boxShadow: 'var(--shadow-popover)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: '12px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--text-muted)', fontStyle: 'normal' },
  '.cm-completionInfo': { maxWidth: '380px', padding: '6px 10px', fontFamily: 'var(--font)', fontSize: '12px', whiteSpace: 'pre-wrap' },
  '.cm-explain': { maxWidth: '460px', padding: '6px 10px', fontFamily: 'var(--font)', fontSize: '12px', whiteSpace: 'pre-wrap' },
  '.cm-explain code': { display: 'block', fontSize: '12px' },
  '.cm-explain p': { marginTop: '4px', color: 'var(--text-muted)' },
  '.cm-diagnostic': { fontFamily: 'var(--font)', fontSize: '12px', padding: '5px 10px', borderLeftWidth: '3px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--watch)' },
  '.cm-panels': { backgroundColor: 'var(--surface-sunken)', color: 'var(--text)' },
});

const setFault = StateEffect.define<RunFault | undefined>();
/** Gone as soon as the text changes: it belongs to the text that was run. */
const runFault = StateField.define<RunFault | undefined>({
  create: () => undefined,
  update(value, tr) {
    for (const effect of tr.effects) if (effect.is(setFault)) return effect.value;
    return tr.docChanged ? undefined : value;
  },
});

export function openEditor(parent: HTMLElement, { file, text, help, onChange, onSave }: Options): CodeEditor {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(
          keymap.of([
            {
              key: 'Mod-s',
              run: () => {
                onSave();
                return true;
              },
            },
          ]),
        ),
        basicSetup,
        javascript({ typescript: !/\.[cm]?js$/i.test(file) }),
        autocompletion({ override: [(context) => completed(context, file, help)] }),
        hoverTooltip((v, at) => explained(v, at, file, help), { hoverTime: 350 }),
        runFault,
        lintGutter(),
        linter((v) => faultsIn(v, file, help), {
          delay: 450,
          needsRefresh: (update) => update.startState.field(runFault) !== update.state.field(runFault),
        }),
        syntaxHighlighting(colours),
        look,
        EditorState.tabSize.of(2),
        EditorView.contentAttributes.of({ 'aria-label': `Text of ${file}`, tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(next) {
      const now = view.state.doc.toString();
      if (next !== now) view.dispatch({ changes: { from: 0, to: now.length, insert: next } });
    },
    setRunFault(fault) {
      view.dispatch({ effects: setFault.of(fault) });
      forceLinting(view);
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}

async function faultsIn(view: EditorView, file: string, help: CodeHelp): Promise<Diagnostic[]> {
  const { state } = view;
  const { doc } = state;
  const found = await help.faults(file, doc.toString()).catch(() => []);
  const faults = found.map((f): Diagnostic => ({ ...f, from: Math.min(f.from, doc.length), to: Math.min(f.to, doc.length) }));
  const run = state.field(runFault);
  if (run === undefined || run.line > doc.lines) return faults;
  const { from, to } = doc.line(run.line);
  return [...faults, { from, to, severity: 'error', message: run.message, source: 'at run time' }];
}

async function completed(context: CompletionContext, file: string, help: CodeHelp): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\w$]*/);
  const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
  if (!context.explicit && (word === null || word.from === word.to) && !/[.'"]/.test(before)) return null;
  const text = context.state.doc.toString();
  const found = await help.completions(file, text, context.pos).catch(() => undefined);
  if (found === undefined || context.aborted) return null;
  return {
    from: found.from,
    validFor: /^[\w$]*$/,
    options: found.items.map((item) => ({
      label: item.label,
      type: item.kind,
      ...(item.detail === undefined ? {} : { detail: item.detail }),
      info: async () => {
        const more = await help.detail(file, text, context.pos, item.label).catch(() => undefined);
        if (more === undefined) return null;
        const dom = document.createElement('div');
        dom.textContent = more;
        return dom;
      },
    })),
  };
}

async function explained(view: EditorView, at: number, file: string, help: CodeHelp) {
  const found = await help.explain(file, view.state.doc.toString(), at).catch(() => undefined);
  if (found === undefined) return null;
  return {
    pos: found.from,
    end: found.to,
    above: true,
    create() {
      const dom = document.createElement('div');
      dom.className = 'cm-explain';
      dom.append(Object.assign(document.createElement('code'), { textContent: found.type }));
      if (found.about !== '') dom.append(Object.assign(document.createElement('p'), { textContent: found.about }));
      return { dom };
    },
  };
}
