// Whoever runs the machine sees that it is well, and nothing of what is in it.
import assert from 'node:assert/strict';
import { PHONE } from './support/browser.mjs';
import { heading, refused, said, unlikely } from './support/page.mjs';

export const scenarios = {
  async 'every place of the console opens'(visit, house) {
    const page = await visit.as(house.operator, null);
    await page.goto(`${house.url}/operator`);
    await heading(page, 'Operator console');
    for (const { name } of house.facts.workspaces) await page.getByRole('rowheader', { name }).waitFor();
    for (const name of ['Mail', 'Jobs', 'Health', 'API tokens']) {
      await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name }).click();
      await heading(page, name);
    }
  },

  async 'nothing of a workspace can be opened'(visit, house) {
    visit.expect(404);
    const page = await visit.as(house.operator, null);
    for (const place of ['', '/people/contacts', '/settings/members', '/audit', '/search?q=an']) {
      assert.equal((await page.goto(house.at(place))).status(), 404, place);
    }
  },

  async 'a workspace is made, and its owner goes in'(visit, house) {
    visit.expect(409, 422);
    const page = await visit.as(house.operator, null);
    await page.goto(`${house.url}/operator/workspaces/new`);
    const slug = unlikely('ws').toLowerCase();
    const owner = house.member('viewer');
    await page.getByLabel('Name').fill('Third house');
    await page.getByLabel('Address', { exact: true }).fill('Not A Slug!');
    await page.getByLabel('Email address of its owner').fill(owner.email);
    await page.getByRole('button', { name: 'Make the workspace' }).click();
    await refused(page);
    assert.equal(await page.getByLabel('Name').inputValue(), 'Third house');
    await page.getByLabel('Address', { exact: true }).fill(slug);
    await page.getByRole('button', { name: 'Make the workspace' }).click();
    await said(page, 'The workspace is made.');
    const theirs = await visit.as(owner, null);
    await theirs.goto(`${house.url}/w/${slug}/people/contacts`);
    await heading(theirs, 'Contacts');
    await theirs.getByText('Nothing is here yet.').waitFor();
  },

  async 'a job is asked for and shows its run'(visit, house) {
    const page = await visit.as(house.operator, null);
    await page.goto(`${house.url}/operator/jobs`);
    await page.getByRole('button', { name: /^Run now/ }).first().click();
    await said(page, 'It runs as soon as a place is free.');
    for (let tries = 0; tries < 30 && await page.getByRole('table', { name: 'Past runs' }).count() === 0; tries += 1) {
      await page.waitForTimeout(500);
      await page.reload();
    }
    await page.getByRole('table', { name: 'Past runs' }).locator('tbody tr').first().waitFor();
  },

  async 'on a phone each job says in full what it is for'(visit, house) {
    const page = await visit.as(house.operator, null, { viewport: PHONE });
    await page.goto(`${house.url}/operator/jobs`);
    const said = page.getByRole('table', { name: 'Jobs by name' }).locator('tbody th .said');
    assert.ok(await said.count() > 5);
    for (const words of await said.all()) {
      const [shown, whole] = await words.evaluate((box) => [box.clientWidth, box.scrollWidth]);
      assert.ok(shown > 100 && whole <= shown, `${await words.innerText()}: ${whole} px of text in ${shown} px`);
      assert.notEqual(await words.evaluate((box) => getComputedStyle(box).textOverflow), 'ellipsis');
    }
  },

  async 'a token for monitoring is made, shown once, used and revoked'(visit, house) {
    visit.expect(422);
    const page = await visit.as(house.operator, null);
    await page.goto(`${house.url}/operator/tokens`);
    await page.getByRole('link', { name: 'New token' }).click();
    await page.getByRole('button', { name: 'Make the token' }).click();
    await refused(page);
    const name = unlikely('Prometheus');
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByLabel('Measurements: read /metrics').check();
    await page.getByRole('button', { name: 'Make the token' }).click();
    await heading(page, 'Your new token');
    const token = await page.locator('[data-copy]').first().getAttribute('data-copy');
    assert.match(token, /^hf_op_[a-z2-7]{52}$/);
    const scrape = () => page.request.get(`${house.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    assert.match(await (await scrape()).text(), /^holdfast_workspaces\{state="active"\} \d+$/m);
    await page.getByRole('link', { name: 'I have copied it' }).click();
    await heading(page, 'API tokens');
    assert.ok(!(await page.content()).includes(token));
    await page.getByRole('row', { name }).getByRole('button', { name: /^Revoke/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await said(page, 'Revoked.');
    visit.expect(401);
    assert.equal((await scrape()).status(), 401);
  },

  async 'a member is no operator'(visit, house) {
    visit.expect(403, 404);
    const page = await visit.owner();
    for (const place of ['/operator', '/operator/mail', '/operator/jobs', '/operator/health', '/operator/tokens']) {
      assert.ok([403, 404].includes((await page.goto(`${house.url}${place}`)).status()), place);
    }
  },
};
