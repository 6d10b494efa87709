/**
 * What every spec starts from: a page that may not leave its own origin, and the page object. A request to
 * another host, an uncaught error or an error in the console fails the test that caused it.
 */
import { expect, test as base } from '@playwright/test';
import { StudioPage } from './studio-page';

export const test = base.extend<{ studio: StudioPage; wellBehaved: void }>({
  wellBehaved: [
    async ({ page, baseURL }, use) => {
      const foreign: string[] = [];
      const errors: string[] = [];
      page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (/^(https?|wss?):$/.test(protocol) && hostname !== new URL(baseURL ?? '').hostname) foreign.push(request.url());
      });
      page.on('pageerror', (error) => errors.push(error.message));
      await use();
      expect(foreign, 'requests to another host').toEqual([]);
      expect(errors, 'uncaught errors').toEqual([]);
    },
    { auto: true },
  ],
  studio: async ({ page }, use) => {
    await use(new StudioPage(page));
  },
});

export { expect } from '@playwright/test';
