// Two records that are one: found, compared, merged, taken apart again.
import assert from 'node:assert/strict';
import { heading, said, unlikely } from './support/page.mjs';

const DUPLICATES = '/people/duplicates';

/** A contact made for one test; gives the address of its page. */
async function add(page, house, family, title, email) {
  await page.goto(house.at('/people/contacts/new'));
  await page.getByLabel('Given name').fill('Ottilie');
  await page.getByLabel('Family name').fill(family);
  await page.getByLabel('Job title').fill(title);
  await page.getByLabel('Email address').first().fill(email);
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForLoadState();
  // The second one is asked about first.
  const beside = page.getByRole('button', { name: 'Add as a new contact' });
  if (await beside.count()) await beside.click();
  await page.waitForURL(/\/contacts\/\d+/);
  return page.url().split('?')[0];
}

export const scenarios = {
  async 'found by the search, compared, merged, and taken apart again'(visit, house) {
    visit.expect(409, 422);
    const page = await visit.owner();
    const family = unlikely('Doppler');
    const older = await add(page, house, family, 'Pilot', `${family}.one@quill.example`.toLowerCase());
    const newer = await add(page, house, family, 'Buyer', `${family}.two@quill.example`.toLowerCase());

    await page.goto(house.at(DUPLICATES));
    await page.getByRole('button', { name: 'Look again now' }).click();
    await said(page, 'Holdfast looks for duplicates.');
    const pair = page.locator('tbody tr').filter({ hasText: family });
    for (let attempt = 0; attempt < 30 && !await pair.count(); attempt += 1) {
      await page.waitForTimeout(500);
      await page.reload();
    }
    await pair.getByText('Same name').last().waitFor();
    await pair.getByRole('link', { name: 'Compare' }).click();
    await heading(page, `Merge two records of Ottilie ${family}`);

    // Each choice says its row, its value and its side.
    await page.getByRole('radio', { name: 'Job title Pilot Stays' }).waitFor();
    assert.ok(await page.getByRole('radio', { name: 'Job title Pilot Stays' }).isChecked());
    await page.getByRole('radio', { name: 'Job title Pilot Stays' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.ok(await page.getByRole('radio', { name: 'Job title Buyer Goes' }).isChecked(), 'arrows move within a row');
    await page.getByRole('button', { name: 'Merge', exact: true }).click();
    await said(page, 'Merged.');
    assert.equal(page.url().split('?')[0], older);
    await page.getByText('Buyer').first().waitFor();
    for (const email of ['one', 'two']) await page.getByRole('link', { name: `${family}.${email}@quill.example`.toLowerCase() }).waitFor();
    // Links to the one that went lead to the one that stayed.
    await page.goto(newer);
    assert.equal(page.url().split('?')[0], older);

    await page.goto(house.at('/people/changes'));
    await page.getByRole('link', { name: 'Merge of contacts' }).first().click();
    await page.getByText('Two records, each as it was').waitFor();
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('2 records are as before.').waitFor({ timeout: 30_000 });
    await page.goto(newer);
    await page.getByText('Buyer').first().waitFor();
    assert.equal(page.url().split('?')[0], newer);
    await page.goto(older);
    await page.getByText('Pilot').first().waitFor();
  },

  async 'the demonstration has pairs, and one that is not the same is not offered again'(visit, house) {
    const page = await visit.owner(DUPLICATES);
    const compare = page.getByRole('link', { name: /^Compare/ });
    for (let attempt = 0; attempt < 60 && await compare.count() < 3; attempt += 1) {
      await page.waitForTimeout(500);
      await page.reload();
    }
    assert.ok(await compare.count() >= 3, 'the search of the demonstration found its doubles');
    const merge = await compare.first().getAttribute('href');
    await page.getByRole('button', { name: /^Not the same/ }).first().click();
    await said(page, 'These two are not offered again.');
    assert.ok(!(await compare.evaluateAll((links) => links.map((link) => link.getAttribute('href')))).includes(merge));
  },

  async 'chosen by a search, and never with itself'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/people/companies');
    const row = page.locator('tbody th .title').first();
    const name = await row.innerText();
    await row.click();
    await page.waitForURL(/\/companies\/\d+/);
    const path = new URL(page.url()).pathname;
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('link', { name: 'Merge with another…' }).click();
    await heading(page, `Merge ${name} with…`);
    await page.getByRole('searchbox', { name: 'Name, email or phone' }).fill(name.split(' ')[0]);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.waitForURL(/[?&]q=/);
    const found = await page.locator('main .list a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    const own = path.match(/\d+$/)[0];
    assert.ok(found.length > 0 && found.every((href) => !href.endsWith(`with=${own}`)), `${found}`);
    await page.locator('main .list a').first().click();
    await page.getByRole('heading', { level: 1, name: /^Merge / }).waitFor();
    await page.getByText('What goes').waitFor();
    await page.getByRole('link', { name: 'The other way round' }).click();
    await page.waitForURL(new RegExp(`with=${own}$`));
  },
};
