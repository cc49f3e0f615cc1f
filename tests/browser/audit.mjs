// The log: who did what, and whether anybody changed it afterwards.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, refused, rows, unlikely } from './support/page.mjs';

export const scenarios = {
  async 'what somebody did is there, and leads to what it is about'(visit, house) {
    const page = await visit.owner('/people/contacts/new');
    const family = unlikely();
    await page.getByLabel('Family name').fill(family);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    const id = new URL(page.url()).pathname.split('/').at(-1);
    await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: 'Audit log' }).click();
    await heading(page, 'Audit log');
    await page.locator('summary').filter({ hasText: 'Filter' }).click();
    await page.getByLabel('Happened to').fill(`contact:${id}`);
    await page.getByRole('button', { name: 'Show these' }).click();
    await page.waitForURL(/object=contact/);
    assert.equal(await rows(page).count(), 1);
    await page.locator('tbody th a').click();
    await page.getByText('people.contact.created').waitFor();
    await page.getByRole('heading', { name: 'Proof' }).waitFor();
    assert.match(await page.locator('#hash code').innerText(), /[0-9a-f]{32,}/);
  },

  async 'filtered by who, what and when'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/audit');
    const action = page.getByLabel('About');
    await page.locator('summary').filter({ hasText: 'Filter' }).click();
    await action.selectOption({ index: 1 });
    await page.getByLabel('Done by').selectOption({ index: 1 });
    await page.getByRole('button', { name: 'Show these' }).click();
    await page.waitForURL(/action=./);
    assert.notEqual(await action.inputValue(), '');
    await page.goto(house.at('/audit?from=2001-01-01&until=2001-01-02'));
    await page.getByRole('heading', { name: 'No entry fits' }).waitFor();
    await page.goto(house.at('/audit?from=yesterday'));
    await refused(page);
    await page.goto(house.at('/audit'));
    await page.getByRole('link', { name: 'People and access' }).click();
    await page.waitForURL((url) => url.pathname.startsWith(`/w/${house.workspace.slug}/audit`));
    assert.ok(await rows(page).count() > 0, 'the sign-in of this minute is there');
  },

  async 'checked: it holds'(visit) {
    const page = await visit.owner('/audit');
    await page.getByRole('button', { name: 'Check the log' }).click();
    await heading(page, 'The log holds');
    await page.getByText('Nothing was changed, added or removed afterwards').waitFor();
  },

  async 'exported, one entry on a line'(visit) {
    const page = await visit.owner('/audit');
    await page.getByRole('link', { name: 'Export…' }).click();
    await heading(page, 'Export the audit log');
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const lines = readFileSync(await (await coming).path(), 'utf8').trim().split('\n');
    assert.ok(lines.length > 10);
    lines.slice(0, 20).forEach((line) => JSON.parse(line));
  },

  async 'a viewer has no way to it'(visit, house) {
    visit.expect(403);
    const page = await visit.as(house.member('viewer'));
    assert.equal(await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: 'Audit log' }).count(), 0);
    assert.equal((await page.goto(house.at('/audit'))).status(), 403);
  },
};
