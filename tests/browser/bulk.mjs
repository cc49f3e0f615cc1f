// Many records at once: with progress, and with the way back.
import assert from 'node:assert/strict';
import { heading, said, unlikely } from './support/page.mjs';

const COMPANIES = '/people/companies';

/** The number in front of a sentence, such as `381 companies`. */
const number = (text) => Number.parseInt(text.replace(/\D/g, ''), 10);
const total = async (page) => number(await page.locator('#count').innerText());

/** Ticks one row, and then all that the list holds. */
async function takeAll(page) {
  await page.locator('tbody .tick input').first().check();
  await page.getByLabel(/^All [\d,]+ .*not only this page$/).check();
}

async function takeBack(page) {
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByText(/records? (is|are) as before\./).waitFor({ timeout: 60_000 });
}

/** How often the page that is open asks for itself in `ms`. */
async function asked(page, ms) {
  const { pathname } = new URL(page.url());
  let times = 0;
  const count = (request) => { if (new URL(request.url()).pathname === pathname) times += 1; };
  page.on('request', count);
  await page.waitForTimeout(ms);
  page.off('request', count);
  return times;
}

export const scenarios = {
  async 'a whole list is tagged, with progress, and taken back'(visit, house) {
    const page = await visit.owner(COMPANIES);
    const all = await total(page);
    assert.ok(all > 200, 'more than are edited while one waits');
    const tag = unlikely('Tag');
    await takeAll(page);
    await page.getByLabel('Tag to add').fill(tag);
    await page.getByRole('button', { name: 'Add the tag' }).click();
    await page.waitForURL(/\/people\/bulk\/\d+/);
    await heading(page, `Add the tag ${tag}`);
    // The page refreshes itself: what is offered changes when the work ends, and then nobody asks any more.
    await page.getByRole('link', { name: 'Take it back…' }).waitFor({ timeout: 60_000 });
    await page.getByText(`${all.toLocaleString('en')} records were changed.`).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Stop' }).count(), 0);
    assert.equal(await page.locator('h1').count(), 1);
    assert.equal(await asked(page, 2_500), 0, 'the page asks on after the end');
    await page.goto(house.at(`${COMPANIES}?tag=${tag}`));
    assert.equal(await total(page), all);

    await page.goto(house.at('/people/changes'));
    await page.getByRole('link', { name: 'Tag added to companies' }).first().click();
    await takeBack(page);
    assert.equal(await asked(page, 2_500), 0, 'the page asks on after the end');
    await page.goto(house.at(`${COMPANIES}?tag=${tag}`));
    await page.getByRole('heading', { name: 'Nothing fits' }).waitFor();
  },

  async 'all of a filter is deleted, and comes back from the trash'(visit, house) {
    const page = await visit.owner('/people/contacts?tag=Pilot+site');
    const all = await total(page);
    await takeAll(page);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await heading(page, `Delete ${all} contacts?`);
    for (const words of ['What goes', 'What stays', 'Archive a record']) await page.getByText(words).first().waitFor();
    await page.getByRole('button', { name: `Delete ${all} contacts` }).click();
    await page.waitForURL(/\/people\/(contacts|bulk)/);
    let told;
    if (page.url().includes('/bulk/')) {
      const done = page.getByText(/ records were deleted/);
      await done.waitFor({ timeout: 60_000 });
      const [, deleted, left = '0'] = /([\d,]+) records were deleted(?:, ([\d,]+) left out)?/.exec(await done.textContent());
      told = number(left);
      assert.equal(number(deleted) + told, all);
    }
    // Who is on hold, or asked for their data to be left alone, stays. The demo has two of them.
    await page.goto(house.at('/people/contacts?tag=Pilot+site'));
    const isEmpty = await page.getByRole('heading', { name: 'Nothing fits' }).count() > 0;
    const left = isEmpty ? 0 : await total(page);
    assert.ok(left <= 2, `${left} stayed`);
    assert.equal(told ?? left, left);

    await page.goto(house.at('/people/trash'));
    const first = page.locator('tbody tr').first();
    await first.getByText(/^Contact, until/).waitFor();
    await first.getByText('by Maren Aldous').waitFor();
    await first.getByRole('button', { name: /^Bring back/ }).click();
    await said(page, 'Back among the others.');
    await page.waitForURL(/\/contacts\/\d+/);

    await page.goto(house.at('/people/changes'));
    await page.getByRole('link', { name: 'Contacts deleted' }).first().click();
    await page.getByText('out of the trash').waitFor();
    await takeBack(page);
    await page.goto(house.at('/people/contacts?tag=Pilot+site'));
    assert.equal(await total(page), all);
  },

  async 'works without a script'(visit, house) {
    const page = await visit.owner(COMPANIES, { javaScriptEnabled: false });
    const tag = unlikely('Plain');
    await takeAll(page);
    await page.getByLabel('Tag to add').fill(tag);
    await page.getByRole('button', { name: 'Add the tag' }).click();
    await page.waitForURL(/\/people\/bulk\/\d+/);
    const again = page.getByRole('link', { name: 'Look again' });
    const end = page.getByRole('link', { name: 'Take it back…' });
    for (let attempt = 0; attempt < 60 && !await end.count(); attempt += 1) {
      await page.waitForTimeout(500);
      await again.click();
    }
    await end.click();
    await page.getByRole('button', { name: 'Take it back' }).click();
    const back = page.getByText(/records are as before\./);
    for (let attempt = 0; attempt < 60 && !await back.count(); attempt += 1) {
      await page.waitForTimeout(500);
      await again.click();
    }
    await back.waitFor();
  },

  async 'deleted for good, after a question'(visit, house) {
    const page = await visit.owner('/people/contacts/new');
    const family = unlikely('Forlorn');
    await page.getByLabel('Family name').fill(family);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    await page.goto(`${page.url().split('?')[0]}/delete`);
    await page.getByRole('button', { name: 'Delete' }).click();
    await said(page, 'It waits in the trash');
    await page.goto(house.at('/people/contacts'));
    await page.getByRole('button', { name: /^More about/ }).click();
    await page.getByRole('link', { name: 'Trash' }).click();
    const row = page.locator('tbody tr').filter({ hasText: family });
    await row.getByRole('link', { name: /^Delete for good/ }).click();
    await heading(page, `Delete ${family} for good?`);
    await page.getByText('What stays').waitFor();
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await said(page, 'Gone for good.');
    assert.equal(await row.count(), 0);
  },
};
