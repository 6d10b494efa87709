/** The studio as a test sees it: where things are on the page. Specs say what must hold, this file how to get there. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Download, type Locator, type Page } from '@playwright/test';

type StepName = 'calibrate' | 'recipe' | 'export' | 'evaluate';
const stepTitles: Readonly<Record<StepName, string>> = { calibrate: 'Calibrate', recipe: 'Recipe', export: 'Export', evaluate: 'Evaluate' };

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export class StudioPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Relative, so that the page may be served from a sub-path. */
  async open(path = './'): Promise<void> {
    await this.page.goto(path);
    await this.idle();
  }

  /** Nothing is being worked out. */
  async idle(timeout = 120_000): Promise<void> {
    await expect(this.page.locator('html')).toHaveAttribute('data-busy', 'false', { timeout });
  }

  /** What axe finds wrong with the page as it is; the policy of the page lets no script in, so it comes as text to evaluate. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(axe);
    return this.page.evaluate(async () => {
      const { axe: engine } = globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await engine.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] });
      return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
    });
  }

  get cards(): Locator {
    return this.page.getByTestId('graph-card');
  }

  card(layer: string): Locator {
    return this.page.locator(`[data-testid="graph-card"][data-layer="${layer}"]`);
  }

  get graph(): Locator {
    return this.page.getByTestId('graph');
  }

  block(scope: string): Locator {
    return this.page.locator(`[data-testid="graph-block"][data-scope="${scope}"]`);
  }

  /** Opens or closes a block of the graph. */
  async toggle(scope: string): Promise<void> {
    await this.block(scope).getByRole('button').click();
    await this.idle();
  }

  /** A model that a test made, given to the page's own picker. Its graph is there afterwards. */
  async openMade(name: string, bytes: Uint8Array): Promise<void> {
    await this.page.getByTestId('open-input').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText(name.replace(/\.onnx$/, ''), { timeout: 120_000 });
    await expect(this.graph).toBeVisible({ timeout: 60_000 });
    await this.idle();
  }

  get messages(): Locator {
    return this.page.getByTestId('notices');
  }

  step(name: StepName): Locator {
    return this.page.getByRole('region', { name: stepTitles[name], exact: true });
  }

  async openSample(id: string): Promise<void> {
    await this.page.getByTestId(`sample-${id}`).click();
    await expect(this.cards.first()).toBeVisible({ timeout: 60_000 });
    await this.idle();
  }

  /** Files for the page's own picker: a model, or data. */
  async giveFiles(...paths: string[]): Promise<void> {
    await this.page.getByTestId('open-input').setInputFiles(paths);
  }

  /** Drops files on the page; what the overlay shows before is left to the caller's `during`. */
  async drop(paths: readonly string[], during: () => Promise<void> = async () => undefined): Promise<void> {
    const files = paths.map((p) => ({ name: p.split('/').at(-1) as string, text: readFileSync(p).toString('base64') }));
    const transfer = await this.page.evaluateHandle(async (given) => {
      const data = new DataTransfer();
      for (const { name, text } of given) {
        data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      }
      return data;
    }, files);
    await this.page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
    await during();
    await this.page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  }

  /** To the step that the primary button leads to. */
  async nextStep(expected: StepName): Promise<void> {
    const next = this.page.getByTestId('next-step');
    await expect(next).toHaveAttribute('data-step', expected);
    await next.click();
    await expect(this.step(expected)).toBeVisible();
  }

  async calibrate(samples: number): Promise<void> {
    await this.nextStep('calibrate');
    await this.runCalibration(samples);
  }

  /** On random numbers, as many samples as the page proposes where none are said. */
  async calibrateOnRandom(samples?: number): Promise<void> {
    await this.nextStep('calibrate');
    await this.page.getByTestId('synthetic').click();
    await this.idle();
    await this.runCalibration(samples);
  }

  private async runCalibration(samples: number | undefined): Promise<void> {
    if (samples !== undefined) {
      const field = this.step('calibrate').getByRole('textbox', { name: 'Samples' });
      await field.fill(String(samples));
      await field.press('Enter');
    }
    await this.page.getByTestId('start-calibration').click();
    await this.idle();
  }

  async convert(): Promise<void> {
    await this.nextStep('recipe');
    await this.page.getByTestId('start-conversion').click();
    await this.idle();
  }

  async exportZip(): Promise<Download> {
    await this.nextStep('export');
    const download = this.page.waitForEvent('download');
    await this.page.getByTestId('start-export').click();
    return download;
  }

  /** The options of an export format, in their dialog. */
  async openFormat(id: string): Promise<Locator> {
    await this.page
      .getByTestId(`format-${id}`)
      .getByRole('button', { name: /^Options of/ })
      .click();
    const dialog = this.page.getByTestId('format-options');
    await expect(dialog).toBeVisible();
    return dialog;
  }

  async setOption(name: string, value: string): Promise<void> {
    await this.page.getByTestId('format-options').getByRole('combobox', { name, exact: true }).click();
    await this.page.getByRole('option', { name: value, exact: true }).click();
  }

  async typeOption(name: string, value: string): Promise<void> {
    const field = this.page.getByTestId('format-options').getByRole('textbox', { name, exact: true });
    await field.fill(value);
    await field.press('Enter');
  }

  /** Saves the project, with its model and data unless `without` names them. */
  async saveProject(without: readonly ('model' | 'data')[] = []): Promise<Download> {
    await this.page.getByTestId('save-project-as').click();
    for (const part of without) await this.page.getByRole('switch', { name: `Put the ${part} into the project` }).click();
    const download = this.page.waitForEvent('download');
    await this.page.getByTestId('save-project').click();
    return download;
  }

  /** Runs a command of the palette by what it is called. */
  async command(words: string): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+k');
    await expect(this.page.getByTestId('palette')).toBeVisible();
    await this.page.keyboard.type(words);
    await this.page.keyboard.press('Enter');
  }

  /** An entry of the list of kept sessions, on the start screen or in the dialog. */
  session(name: string): Locator {
    return this.page.locator(`[data-testid="session"][data-name="${name}"]`);
  }

  /** Clicks a layer's card; its block must be open. */
  async inspect(layer: string): Promise<Locator> {
    await this.card(layer).click();
    const inspector = this.page.getByRole('region', { name: `Layer ${layer}`, exact: true });
    await expect(inspector).toBeVisible();
    return inspector;
  }

  async tab(name: string): Promise<void> {
    await this.page.getByRole('tab', { name, exact: true }).click();
  }
}
