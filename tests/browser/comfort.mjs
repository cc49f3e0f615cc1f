// What nobody asks for and everybody notices: paper, zoom, a slow line, a second click, the way back.
import assert from 'node:assert/strict';
import { WIDE } from './support/browser.mjs';
import { heading, said, unlikely } from './support/page.mjs';

/** WCAG 1.4.4: a laptop's window at 200 %. */
const ZOOMED = { width: 720, height: 450 };

/** A contact of its own for one scenario; gives its address. */
async function add(page, house, family = unlikely()) {
  await page.goto(house.at('/people/contacts/new'));
  await page.getByLabel('Family name').fill(family);
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForURL(/\/contacts\/\d+/);
  return page.url().split('?')[0];
}

export const scenarios = {
  async 'the API reference has the whole width, signed in or not'(visit, house) {
    for (const page of [await visit.fresh(), await visit.owner()]) {
      await page.goto(`${house.url}/api/docs`);
      await heading(page, 'API reference');
      const contents = page.getByRole('navigation', { name: 'On this page' });
      const room = await page.locator('.with-contents > .stack').evaluate((box) => box.clientWidth);
      assert.ok(room > WIDE.width / 2, `${room} px to read in`);
      await contents.getByRole('link', { name: /^Companies/ }).click();
      const title = page.getByRole('heading', { level: 2, name: 'Companies' });
      const top = await title.evaluate((box) => box.getBoundingClientRect().top);
      const bar = await page.locator('header').first().evaluate((box) => box.getBoundingClientRect().bottom);
      assert.ok(top >= bar && top < WIDE.height, 'the heading is under the bar, not behind it');
      await page.locator('details').first().locator('summary').click();
      await page.getByRole('term').filter({ hasText: 'Answer' }).first().waitFor();
    }
    const stranger = await visit.fresh();
    await stranger.goto(`${house.url}/api/docs`);
    await stranger.getByRole('link', { name: 'Sign in' }).click();
    await heading(stranger, 'Sign in');
  },

  async 'a form on its way is not sent twice, and says that it is'(visit, house) {
    const page = await visit.owner('/people/contacts/new');
    let sent = 0;
    await page.route('**/people/contacts/new', async (route) => {
      if (route.request().method() === 'POST') {
        sent += 1;
        await new Promise((resolve) => { setTimeout(resolve, 1_000); });
      }
      await route.continue();
    });
    await page.getByLabel('Family name').fill(unlikely());
    const button = page.getByRole('button', { name: 'Add the contact' });
    // Two clicks as fast as a hand that doubts the first.
    const busy = await button.evaluate((it) => {
      it.click();
      it.click();
      it.form.requestSubmit();
      return it.getAttribute('aria-busy');
    });
    assert.equal(busy, 'true');
    await page.waitForURL(/\/contacts\/\d+/);
    assert.equal(sent, 1);
    await page.goBack();
    assert.equal(await button.getAttribute('aria-busy'), null, 'the way back shows a form that can be sent');
  },

  async 'a download leaves its form ready for another one'(visit) {
    const page = await visit.owner('/people/contacts/export');
    for (const time of ['once', 'twice']) {
      const coming = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download the file' }).click();
      assert.match((await coming).suggestedFilename(), /\.csv$/, time);
    }
  },

  async 'a small form that fails leads back to its page'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    const address = await add(page, house);
    await page.getByRole('button', { name: 'Tag', exact: true }).click();
    const field = page.getByLabel('Tags to add');
    assert.ok(await field.evaluate((input) => input === document.activeElement), 'the menu opens with the cursor in its field');
    await field.fill('x'.repeat(60));
    await page.keyboard.press('Enter');
    await page.getByText('The tag can have 50 characters at most.').waitFor();
    await page.getByRole('link', { name: 'Back to the form' }).click();
    await page.waitForURL((url) => url.href.startsWith(address));
  },

  async 'a note without words gets the cursor back'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    await add(page, house);
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('#body-error').waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'body');
  },

  async 'a contact on paper is the person, not the program'(visit, house) {
    const page = await visit.owner();
    const family = unlikely();
    await add(page, house, family);
    await page.getByLabel('Note', { exact: true }).fill('Comes on Thursdays.');
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('.timeline').getByText('Comes on Thursdays.').waitFor();
    await page.evaluate(() => { window.print = () => { window.printed = true; }; });
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('button', { name: 'Print' }).click();
    assert.ok(await page.evaluate(() => window.printed));
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    for (const words of [family, 'What we hold', 'Comes on Thursdays.']) assert.ok(await page.locator('main').getByText(words).first().isVisible(), words);
    for (const selector of ['.sidebar', '.topbar', '.composer', '.button', 'select']) {
      assert.equal(await page.locator(selector).filter({ visible: true }).count(), 0, selector);
    }
    const ink = await page.locator('h1').evaluate((title) => getComputedStyle(title).color);
    assert.ok(parseFloat(ink.match(/[\d.]+/)[0]) < 0.5, `dark ink on paper, also in the dark: ${ink}`);
  },

  async 'at 200 % everything is still within reach'(visit) {
    const page = await visit.owner('/people/contacts', { viewport: ZOOMED });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
    await page.getByRole('button', { name: 'Filter' }).click();
    const box = await page.locator('#filter-menu').boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= ZOOMED.height, `the menu is inside the window: ${JSON.stringify(box)}`);
    const button = page.getByRole('button', { name: 'Show these', exact: true });
    await button.scrollIntoViewIfNeeded();
    const { y, height } = await button.boundingBox();
    assert.ok(y + height <= ZOOMED.height);
  },

  async 'with forced colours the current place is still marked'(visit) {
    const page = await visit.owner('/people/contacts');
    await page.emulateMedia({ forcedColors: 'active' });
    const outline = (link) => link.evaluate((box) => getComputedStyle(box).outlineStyle);
    const areas = page.getByRole('navigation', { name: 'Areas' });
    assert.equal(await outline(areas.getByRole('link', { name: 'Contacts' })), 'solid');
    assert.equal(await outline(areas.getByRole('link', { name: 'Companies' })), 'none');
  },

  async 'the country of phone numbers is found in the settings, and kept'(visit) {
    const page = await visit.owner('/settings');
    await page.locator('main').getByRole('link', { name: /^Contacts/ }).click();
    await page.getByLabel('Country of phone numbers').selectOption('GB');
    await page.getByRole('button', { name: 'Save' }).click();
    await said(page, 'Saved.');
    assert.equal(await page.getByLabel('Country of phone numbers').inputValue(), 'GB');
    await page.getByLabel('Country of phone numbers').selectOption('');
    await page.getByRole('button', { name: 'Save' }).click();
    await said(page, 'Saved.');
  },

  async 'an account leads back to its workspaces'(visit, house) {
    const page = await visit.owner();
    await page.goto(`${house.url}/account/profile`);
    await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: house.workspace.name, exact: true }).click();
    await page.waitForURL(house.at());
  },
};
