// Finding one's way in thousands of people.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, names, rows, unlikely } from './support/page.mjs';

const LIST = '/people/contacts';

async function filter(page, choose) {
  await page.getByRole('button', { name: 'Filter' }).click();
  await choose(page.locator('#filter-menu'));
  await page.getByRole('button', { name: 'Show these', exact: true }).click();
  await page.waitForLoadState();
}

export const scenarios = {
  async 'searched while somebody types, without a new page'(visit) {
    const page = await visit.owner(LIST);
    await page.evaluate(() => { window.stayed = true; });
    const [first] = await names(page);
    const field = page.getByRole('searchbox');
    await field.pressSequentially(first);
    await page.waitForURL(/[?&]q=/);
    await page.waitForFunction((name) => [...document.querySelectorAll('tbody tr')].every((row) => row.textContent.includes(name.split(' ')[0])), first);
    assert.ok((await names(page)).includes(first));
    assert.ok(await page.evaluate(() => window.stayed), 'the page was not loaded again');
    assert.ok(await field.evaluate((input) => input === document.activeElement), 'the field keeps the focus');
    const count = page.locator('#count');
    assert.equal(await count.getAttribute('role'), 'status');
    assert.ok(parseInt((await count.innerText()).replace(/\D/g, ''), 10) < 1000, await count.innerText());
  },

  async 'nothing found says what to do'(visit) {
    const page = await visit.owner(`${LIST}?q=${unlikely()}`);
    await page.getByRole('heading', { name: 'Nothing fits' }).waitFor();
    await page.getByRole('link', { name: 'Show everything' }).click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length > 10);
  },

  async 'filtered, with a chip that takes the filter away'(visit) {
    const page = await visit.owner(LIST);
    const all = await page.locator('#count').innerText();
    const tag = await page.locator('tbody .tag').first().innerText();
    await filter(page, async (menu) => {
      await menu.getByLabel('Tag').selectOption(tag);
      await menu.getByLabel('Has an email address').selectOption({ index: 1 });
    });
    await page.waitForFunction((before) => document.querySelector('#count').innerText !== before, all);
    assert.equal(await page.locator('.chip').count(), 2);
    for (const row of await rows(page).all()) assert.match(await row.innerText(), new RegExp(`\\b${tag}\\b`));
    await page.locator('.chip a').first().click();
    await page.waitForFunction(() => document.querySelectorAll('.chip').length === 1);
    await page.locator('.chip a').first().click();
    await page.waitForFunction((before) => document.querySelector('#count').innerText === before, all);
  },

  async 'the filter offers the tags of its own kind of record'(visit, house) {
    const page = await visit.owner();
    const offered = async (list) => {
      await page.goto(house.at(list));
      return page.locator('#filter-menu #tag option').allTextContents();
    };
    const [ofPeople, ofCompanies] = [unlikely('person'), unlikely('firm')];
    for (const [list, label, button, tag] of [
      [LIST, 'Family name', 'Add the contact', ofPeople], ['/people/companies', 'Name', 'Add the company', ofCompanies],
    ]) {
      await page.goto(house.at(`${list}/new`));
      await page.getByLabel(label, { exact: label === 'Name' }).first().fill(unlikely());
      await page.getByLabel('Tags').fill(tag);
      await page.getByRole('button', { name: button }).click();
      await page.waitForURL(/\/\d+/);
    }
    const people = await offered(LIST);
    assert.ok(people.includes(ofPeople) && !people.includes(ofCompanies), 'people');
    const companies = await offered('/people/companies');
    assert.ok(companies.includes(ofCompanies) && !companies.includes(ofPeople), 'companies');
    assert.ok((await offered(`${LIST}?tag=${ofCompanies}`)).includes(ofCompanies), 'what the list is narrowed by stays chosen');
  },

  async 'sorted both ways, and told to those who hear it'(visit) {
    const page = await visit.owner(LIST);
    const head = page.locator('thead th').first();
    await head.getByRole('link').click();
    await page.waitForURL(/[?&]sort=/);
    await page.waitForFunction(() => document.querySelector('thead th[aria-sort]'));
    const one = { order: await head.getAttribute('aria-sort'), names: await names(page) };
    await head.getByRole('link').click();
    await page.waitForFunction((order) => document.querySelector('thead th').getAttribute('aria-sort') !== order, one.order);
    assert.notDeepEqual(await names(page), one.names);
  },

  async 'paged forth and back'(visit) {
    const page = await visit.owner(LIST);
    const first = await names(page);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.waitForURL(/cursor|after|page/);
    const second = await names(page);
    assert.equal(second.filter((name) => first.includes(name)).length < 5, true, 'the second page shows others');
    await page.getByRole('link', { name: 'Previous page' }).click();
    await page.waitForFunction((name) => document.querySelector('tbody th .title').textContent === name, first[0]);
    assert.deepEqual(await names(page), first);
  },

  async 'columns are chosen and stay chosen'(visit) {
    const page = await visit.owner(LIST);
    await page.getByRole('button', { name: 'Columns' }).click();
    const menu = page.locator('#columns-menu');
    const before = await page.locator('thead th').count();
    await menu.locator('input[type=checkbox]:not(:checked)').first().check();
    await menu.getByRole('button', { name: 'Show these columns' }).click();
    await page.waitForFunction((count) => document.querySelectorAll('thead th').length === count + 1, before);
    await page.reload();
    assert.equal(await page.locator('thead th').count(), before + 1);
  },

  async 'several at once: selected, tagged, let go'(visit) {
    const page = await visit.owner(LIST);
    const boxes = page.locator('tbody .tick input');
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.locator('.bulk output').getByText('2 selected').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    assert.equal(await page.locator('.bulk').isVisible(), false);
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    const tag = unlikely('tag');
    await page.getByLabel('Tag to add').fill(tag);
    await page.locator('.bulk').getByRole('button', { name: 'Add' }).click();
    await page.waitForLoadState();
    await page.goto(page.url().split('?')[0] + `?tag=${tag}`);
    assert.equal(await rows(page).count(), 2);
    // Nobody was chosen: nobody loses the records they own.
    visit.expect(422);
    const owner = await rows(page).first().locator('.person').last().innerText();
    await boxes.first().check();
    await page.locator('.bulk').getByRole('button', { name: 'Give to' }).click();
    await page.getByText('Choose the new owner first.').waitFor();
    await page.getByRole('link', { name: 'Back to the form' }).click();
    await page.waitForURL(/tag=/);
    assert.equal(await rows(page).first().locator('.person').last().innerText(), owner);
  },

  async 'walked by keyboard'(visit) {
    const page = await visit.owner(LIST);
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement.matches('.skip')), 'the first Tab is the skip link');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = (await names(page))[1];
    assert.equal(await page.evaluate(() => document.activeElement.textContent), second);
    await page.keyboard.press('Enter');
    await heading(page, second);
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.waitForURL(/\/people\/contacts$/);
    await page.keyboard.press('Shift+?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#shortcuts[open]').count(), 0);
  },

  async 'exported as CSV with formulas made harmless'(visit, house) {
    const page = await visit.owner('/people/contacts/new');
    const family = unlikely();
    await page.getByLabel('Given name').fill('=1+2');
    await page.getByLabel('Family name').fill(family);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    await page.goto(house.at(`${LIST}?q=${family}`));
    await page.getByRole('link', { name: 'Export' }).click();
    await heading(page, 'Export contacts');
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the file' }).click();
    const download = await coming;
    assert.match(download.suggestedFilename(), /\.csv$/);
    const text = readFileSync(await download.path(), 'utf8');
    assert.equal(text.trim().split('\n').length, 2, 'the heading and the one contact the list shows');
    assert.ok(text.includes(family));
    assert.doesNotMatch(text, /(^|[,;\n"])=1\+2/);
  },
};
