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
    const page = await visit.owner();
    // Somebody who was invented for both workspaces is rightly found here: only those of the other one count.
    const addresses = async ({ token }) => {
      const known = [];
      for (let cursor = ''; cursor !== null && known.length < 2_000;) {
        const answer = await page.request.get(`${house.url}/api/v1/contacts?limit=200&cursor=${cursor}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const { data, next_cursor } = await answer.json();
        known.push(...data.flatMap((contact) => contact.emails.map((email) => email.value)));
        cursor = next_cursor;
      }
      return known;
    };
    const [ours, theirs] = [await addresses(house.facts.workspaces[0]), await addresses(house.facts.workspaces[1])];
    const foreign = theirs.filter((email) => !ours.includes(email));
    assert.ok(foreign.length > 0, 'the other workspace has people of its own');
    for (const email of foreign.slice(0, 3)) {
      await page.goto(house.at(`/search?q=${encodeURIComponent(email)}`));
      await page.getByRole('heading', { level: 1, name: 'Search' }).waitFor();
      // Words a slip away may be shown; this address may not.
      assert.equal(await page.locator('main').getByText(email, { exact: true }).count(), 0, email);
      const shown = await page.locator('main ul.list').getByRole('link').evaluateAll((links) => links.map((link) => link.href));
      for (const link of shown.filter((link) => /\/contacts\/\d+$/.test(link))) {
        await page.goto(link);
        assert.equal(await page.getByText(email, { exact: true }).count(), 0, `${email} on ${link}`);
      }
    }
  },

  async 'a slip of a letter finds the person, says so, and marks the word'(visit, house) {
    const page = await visit.owner('/people/contacts');
    const words = (await names(page)).flatMap((name) => name.split(' '));
    const word = words.find((word) => /^[A-Za-z]{5,7}$/.test(word));
    assert.ok(word, 'somebody has a word to spoil');
    const slip = `${word.slice(0, 3)}x${word.slice(4)}`;
    await page.goto(house.at(`/search?q=${slip}`));
    await page.getByRole('status').getByText(`Nothing for ${slip}; showing `).waitFor();
    await page.locator('main mark').getByText(word, { exact: true }).first().waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search this workspace' }).pressSequentially(slip);
    await page.locator('#palette').getByText(`Nothing for ${slip}; showing `).waitFor();
    await page.locator('#palette mark').first().waitFor();
  },

  async 'a condition that names nothing is said beside the field, and one that does narrows'(visit, house) {
    visit.expect(422);
    const { page, name } = await someone(visit);
    await page.goto(house.at('/search?q=tag%3Aqqzzxxvv'));
    const field = page.locator('main input[name=q]');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await page.locator('main').getByText('There is no tag qqzzxxvv.').waitFor();
    await field.fill(`${name} type:contact`);
    await field.press('Enter');
    await page.locator('main').getByRole('link', { name }).first().waitFor();
    assert.equal(await page.locator('main').getByRole('heading', { name: 'Notes' }).count(), 0);
  },
};
