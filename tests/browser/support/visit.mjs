// One scenario's browser profile, and what no page may ever do in it.
import { WIDE } from './browser.mjs';

const COOKIE = '__Host-holdfast';

/**
 * Opens pages and watches them. Whatever a scenario does, no page may write an error to the console, break the
 * content security policy, ask another host for anything, answer 5xx, or set a cookie besides the one.
 */
export class Visit {
  constructor(browser, house) {
    this.browser = browser;
    this.house = house;
    this.contexts = [];
    this.problems = new Set();
    this.expected = new Set();
  }

  /** A page in a fresh profile: nobody is signed in. */
  async fresh(options = {}) {
    const context = await this.browser.newContext({
      viewport: WIDE, ignoreHTTPSErrors: true, reducedMotion: 'reduce', acceptDownloads: true, ...options,
    });
    context.setDefaultTimeout(15_000);
    this.contexts.push(context);
    const origin = new URL(this.house.url).origin;
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && url.protocol !== 'blob:') this.problems.add(`asked ${url.origin || url.protocol}`);
    });
    context.on('response', (response) => {
      const status = response.status();
      if (status < 400 || this.expected.has(status)) return;
      this.problems.add(`${status} for ${response.request().method()} ${new URL(response.url()).pathname}`);
    });
    context.on('console', (message) => {
      // The browser repeats each status of 400 and more here; those are judged above.
      if (message.type() !== 'error' || message.text().startsWith('Failed to load resource: the server responded')) return;
      this.problems.add(`console: ${message.text()}`);
    });
    context.on('weberror', (error) => this.problems.add(`script: ${error.error().message}`));
    return context.newPage();
  }

  /** This scenario provokes answers with these statuses on purpose. */
  expect(...statuses) {
    statuses.forEach((status) => this.expected.add(status));
  }

  /** Types the password and sends the form. Where that leads is the scenario's business. */
  async enter(page, { email, password }) {
    await page.goto(`${this.house.url}/sign-in`);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForLoadState();
  }

  /** A page of somebody who is signed in, at a place of the first workspace. */
  async as(member, place = '', options = {}) {
    const page = await this.fresh(options);
    await this.enter(page, member);
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
    if (place !== null) await page.goto(this.house.at(place));
    return page;
  }

  async owner(place, options) {
    return this.as(this.house.member('owner'), place, options);
  }

  async end() {
    for (const context of this.contexts) {
      for (const cookie of await context.cookies()) {
        const fits = cookie.name === COOKIE && cookie.httpOnly && cookie.secure && cookie.path === '/'
          && cookie.sameSite !== 'None' && !cookie.domain.startsWith('.') && cookie.expires === -1;
        if (!fits) this.problems.add(`cookie ${cookie.name} (${JSON.stringify({ ...cookie, value: '…' })})`);
      }
      await context.close();
    }
    return [...this.problems];
  }
}
