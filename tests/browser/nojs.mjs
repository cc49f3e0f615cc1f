// The same work in a browser that runs no script.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, unlikely } from './support/page.mjs';
import { upload } from './imports.mjs';
import { code } from './support/totp.mjs';

const WITHOUT = { javaScriptEnabled: false };

export const scenarios = {
  async 'signs in and out'(visit, house) {
    const page = await visit.owner('', WITHOUT);
    await heading(page);
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/\/sign-in|\/$|\?/);
    await page.goto(house.at());
    await page.waitForURL(/\/sign-in/);
  },

  async 'adds a contact, changes it, finds it'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/people/contacts/new', WITHOUT);
    const family = unlikely();
    await page.getByLabel('Family name').fill(family);
    await page.getByLabel('Email address').first().fill('no address');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.locator('.error-summary').getByRole('link').waitFor();
    assert.equal(await page.getByLabel('Family name').inputValue(), family);
    await page.getByLabel('Email address').first().fill(`${family.toLowerCase()}@quill.example`);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByLabel('Job title').fill('Reader');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Reader').first().waitFor();
    await page.getByLabel('Note', { exact: true }).fill('Reads slowly.');
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('.timeline').getByText('Reads slowly.').waitFor();
    await page.goto(house.at('/people/contacts'));
    await page.getByRole('searchbox').fill(family);
    await page.getByRole('searchbox').press('Enter');
    await page.getByRole('link', { name: family }).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 1);
  },

  async 'filters, sorts and pages'(visit) {
    const page = await visit.owner('/people/contacts', WITHOUT);
    const tag = await page.locator('tbody .tag').first().innerText();
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.locator('#filter-menu').getByLabel('Tag').selectOption(tag);
    await page.getByRole('button', { name: 'Show these', exact: true }).click();
    await page.waitForURL(/tag=./);
    await page.locator('thead th a').first().click();
    await page.waitForURL(/sort=/);
    assert.equal(await page.locator('.chip').count(), 1, 'sorting keeps the filter');
  },

  async 'imports a file'(visit, house) {
    const page = await visit.owner('', WITHOUT);
    const word = unlikely('Plain');
    await upload(page, house, word);
    await page.getByRole('button', { name: 'Check all rows' }).click();
    const next = async (name, role) => {
      for (let tries = 0; tries < 60 && await page.getByRole(role, { name }).count() === 0; tries += 1) {
        await page.waitForTimeout(500);
        await page.reload();
      }
      await page.getByRole(role, { name }).click();
    };
    await next(/^Write these/, 'button');
    await next(/^See the/, 'link');
    await page.goto(house.at(`/people/contacts?q=${word}One`));
    await page.getByRole('link', { name: `Åsa ${word}One` }).waitFor();
  },

  async 'changes the theme'(visit, house) {
    const page = await visit.as(house.member('privacy_officer'), '', WITHOUT);
    for (const [name, expected] of [['Dark', 'dark'], ['Same as this device', null]]) {
      await page.getByRole('button', { name: 'Theme' }).first().click();
      await page.locator('#theme-menu').getByRole('button', { name }).click();
      await page.waitForLoadState();
      assert.equal(await page.locator('html').getAttribute('data-theme'), expected);
      assert.equal(page.url(), house.at(), 'it leads back to where one was');
    }
  },

  async 'sets up the second step and saves the recovery codes'(visit, house) {
    const page = await visit.as(house.member('viewer'), null, WITHOUT);
    await page.goto(`${house.url}/account/security/two-step`);
    await page.getByRole('button', { name: 'Set it up' }).click();
    const secret = (await page.locator('#key code').innerText()).replaceAll(' ', '');
    await page.getByLabel('Six-digit code').fill(code(secret));
    await page.getByRole('button', { name: 'Turn it on' }).click();
    await heading(page, 'Your recovery codes');
    for (const name of ['Print', 'Copy']) assert.equal(await page.getByRole('button', { name }).count(), 0, `${name} needs the script`);
    const codes = await page.locator('ol.codes li').allTextContents();
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as a file' }).click();
    const file = readFileSync(await (await coming).path(), 'utf8');
    for (const words of codes) assert.ok(file.includes(words));
    await page.goto(`${house.url}/account/security/two-step`);
    await page.getByRole('button', { name: 'Turn two-step sign-in off' }).click();
    await page.getByText('Two-step sign-in is off.').waitFor();
  },

  async 'searches everything'(visit, house) {
    const page = await visit.owner('', WITHOUT);
    await page.getByRole('link', { name: /^Search this workspace/ }).first().click();
    await heading(page, 'Search');
    await page.getByRole('searchbox').fill('an');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.locator('main ul.list a').first().waitFor();
  },
};
