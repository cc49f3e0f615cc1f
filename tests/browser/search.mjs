// Search from everywhere: the palette for those in a hurry, a page for everyone else.
import assert from 'node:assert/strict';
import { names } from './support/page.mjs';

async function someone(visit) {
  const page = await visit.owner('/people/contacts');
  const [name] = await names(page);
  await page.goto(page.url().replace('/people/contacts', ''));
  return { page, name };
}

export const scenarios = {
  async 'the palette finds somebody by keyboard alone'(visit) {
    const { page, name } = await someone(visit);
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Search this workspace' });
    await field.waitFor();
    await field.pressSequentially(name);
    const option = page.getByRole('option').filter({ hasText: name }).first();
    await option.waitFor();
    await page.waitForFunction(() => {
      const active = document.querySelector('#palette input').getAttribute('aria-activedescendant');
      return active && document.getElementById(active)?.getAttribute('aria-selected') === 'true';
    });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/people\/(contacts|companies)\/\d+/);
  },

  async 'nothing typed while it opens is lost'(visit) {
    const page = await visit.owner();
    await page.evaluate(() => {
      const palette = document.getElementById('palette');
      palette.showModal();
      palette.querySelector('input').value = 'ma'; // Faster than the event that tells of the opening.
    });
    await page.getByRole('option').first().waitFor();
    assert.equal(await page.getByRole('combobox').inputValue(), 'ma');
  },

  async 'a slash opens it and Escape closes it'(visit) {
    const page = await visit.owner();
    await page.keyboard.press('/');
    await page.locator('#palette[open]').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#palette[open]').count(), 0);
  },

  async 'a word nobody has is answered in words'(visit) {
    const page = await visit.owner();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').pressSequentially('qqzzxxvv');
    await page.locator('#palette').getByText('Nothing found').waitFor();
  },

  async 'the page of results leads to the record'(visit, house) {
    const { page, name } = await someone(visit);
    await page.goto(house.at(`/search?q=${encodeURIComponent(name)}`));
    await page.locator('main').getByRole('link', { name }).first().click();
    await page.waitForURL(/\/people\/contacts\/\d+/);
  },

  async 'another workspace’s people are not found'(visit, house) {
    const other = house.facts.workspaces[1];
    const page = await visit.owner();
    const answer = await page.request.get(`${house.url}/api/v1/contacts?limit=50`, { headers: { authorization: `Bearer ${other.token}` } });
    const known = (await answer.json()).data.map((contact) => contact.emails[0]?.value).filter(Boolean);
    assert.ok(known.length > 0, 'the other workspace has people');
    for (const email of known.slice(0, 3)) {
      await page.goto(house.at(`/search?q=${encodeURIComponent(email)}`));
      await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    }
  },
};
