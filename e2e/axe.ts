/** What axe finds wrong on the page, in lines. The script must be there before the page: `page.addInitScript(axe)`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

export const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function faults(page: Page): Promise<string[]> {
  return page.evaluate(async (source) => {
    const { axe: engine } = globalThis as unknown as {
      axe?: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    if (engine === undefined) throw new Error(`axe did not load, ${source.length} characters`);
    const { violations } = await engine.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
  }, axe);
}
