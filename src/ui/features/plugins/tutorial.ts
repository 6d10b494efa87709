/**
 * The tutorial as the page shows it: the very text of docs/PLUGINS.md, whose blocks a test of the command line runs. Each section with
 * a block is a step: what is said before it, and the plugin that it shows. Pure but for the loading.
 */
export interface Step {
  readonly title: string;
  /** Paragraphs; `code` in backticks. */
  readonly text: readonly string[];
  /** `step-1-minmax-in-12-lines.ts` */
  readonly file: string;
  readonly source: string;
}

export async function tutorial(): Promise<readonly Step[]> {
  const { default: text } = await import('../../../../docs/PLUGINS.md?raw');
  return stepsOf(text);
}

export function stepsOf(text: string): Step[] {
  const found = text
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const [title = '', ...lines] = section.split('\n');
      const [, before = '', source] = /^([\s\S]*?)^```ts[^\n]*\n([\s\S]*?)^```$/m.exec(lines.join('\n')) ?? [];
      const paragraphs = before.split(/\n\s*\n/).map((p) => p.replaceAll(/\s*\n\s*/g, ' ').trim());
      return source === undefined ? [] : [{ title, text: paragraphs.filter((p) => p !== ''), source }];
    });
  return found.map((s, i) => ({ ...s, file: `step-${i + 1}-${s.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.ts` }));
}
