// Lists with fields of the workspace's own: from the definition to the file that leaves.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, names, unlikely } from './support/page.mjs';

const LIST = '/people/contacts';

/** Defines a field of contacts that holds nothing about a person. */
async function define(page, house, label, kind, fill = async () => {}) {
  await page.goto(house.at('/settings/fields/new'));
  await page.getByLabel('Name', { exact: true }).fill(label);
  await page.getByLabel('Kind', { exact: true }).selectOption(kind);
  await page.locator('input[name=is_personal][value=no]').check();
  await fill();
  await page.getByRole('button', { name: 'Add the field' }).click();
  await page.waitForURL(/\/settings\/fields(\?|$)/);
}

async function addPerson(page, house, family, fill) {
  await page.goto(house.at(`${LIST}/new`));
  await page.getByLabel('Family name').fill(family);
  await fill();
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForURL(/\/contacts\/\d+/);
}

export const scenarios = {
  async 'defined, filled in, shown in a column, narrowed by, sorted by and exported'(visit, house) {
    const page = await visit.owner();
    const [seats, tier] = [unlikely('Seats'), unlikely('Tier')];
    await define(page, house, seats, 'number');
    await define(page, house, tier, 'choice', () => page.getByLabel('Choices').fill('Gold\nTin'));
    const [gold, tin, large] = [unlikely('Gilt'), unlikely('Can'), unlikely('Grand')];
    for (const [name, number, choice] of [[gold, '5', 'Gold'], [tin, '7', 'Tin'], [large, '70', 'Gold']]) {
      await addPerson(page, house, name, async () => {
        await page.getByLabel(seats).fill(number);
        await page.getByLabel(tier).selectOption(choice);
      });
    }

    await page.goto(house.at(LIST));
    await page.getByRole('button', { name: 'Columns' }).click();
    for (const label of [seats, tier]) await page.locator('#columns-menu').getByLabel(label).check();
    await page.getByRole('button', { name: 'Show these columns' }).click();
    await page.getByRole('columnheader', { name: seats }).waitFor();

    await page.getByRole('button', { name: 'Filter' }).click();
    const menu = page.locator('#filter-menu');
    await menu.getByLabel(tier).selectOption('Gold');
    await menu.getByLabel(`${seats}, to`).fill('50');
    await page.getByRole('button', { name: 'Show these', exact: true }).click();
    await page.waitForURL(/custom/);
    assert.deepEqual(await names(page), [gold]);
    assert.match(await page.locator('tbody tr').first().innerText(), /5[\s\S]*Gold/);
    assert.equal(await page.locator('.chip').count(), 2);

    await page.getByRole('link', { name: 'Export' }).click();
    await heading(page, 'Export contacts');
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the file' }).click();
    const text = readFileSync(await (await coming).path(), 'utf8');
    assert.ok(text.includes(gold) && !text.includes(tin) && !text.includes(large), text);

    await page.goBack();
    await page.getByRole('link', { name: `Remove the filter: ${seats}, to` }).click();
    await page.waitForFunction(() => document.querySelectorAll('.chip').length === 1);
    await page.getByRole('columnheader', { name: seats }).getByRole('link').click();
    await page.waitForFunction(() => document.querySelector('th[aria-sort=descending]'));
    assert.deepEqual(await names(page), [large, gold], 'the largest first');
    await page.getByRole('columnheader', { name: seats }).getByRole('link').click();
    await page.waitForFunction(() => document.querySelector('th[aria-sort=ascending]'));
    assert.deepEqual(await names(page), [gold, large]);
  },
};
