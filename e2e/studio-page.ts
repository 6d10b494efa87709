/** The studio as a test sees it: where things are on the page. Specs say what must hold, this file how to get there. */
import type { Page } from '@playwright/test';

export class StudioPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Relative, so that the page may be served from a sub-path. */
  async open(path = './'): Promise<void> {
    await this.page.goto(path);
  }
}
