// Fields of the workspace's own: defined, filled in, seen on the page, put away.
import assert from 'node:assert/strict';
import { heading, refused, said, unlikely } from './support/page.mjs';

const FIELDS = '/settings/fields';

/** Goes through the form of a new field; `fill` answers what its kind asks. */
export async function define(page, house, label, kind, fill = async () => {}) {
  await page.goto(house.at(`${FIELDS}/new`));
  await page.getByLabel('Name', { exact: true }).fill(label);
  await page.getByLabel('Kind', { exact: true }).selectOption({ label: kind });
  await page.locator('[name=is_personal][value=no]').check();
  await fill();
  await page.getByRole('button', { name: 'Add the field' }).click();
  await said(page, 'Saved.');
}

const facts = (page) => page.locator('dl.facts');

async function newContact(page, house, fill) {
  await page.goto(house.at('/people/contacts/new'));
  await page.getByLabel('Family name').fill(unlikely('Fielding'));
  await fill();
  await page.getByRole('button', { name: 'Add the contact' }).click();
}

export const scenarios = {
  async 'defined, filled in, seen on the page, deleted with its values'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    const [day, tier, amount, topics] = ['Day', 'Tier', 'Sum', 'Topics'].map((word) => unlikely(word));
    await define(page, house, day, 'Date');
    await define(page, house, tier, 'Choice, one', () => page.getByLabel('Choices').fill('Gold\nSilver'));
    await define(page, house, amount, 'Amount of money', () => page.getByLabel('Usual currency').fill('EUR'));
    await define(page, house, topics, 'Choice, several', () => page.getByLabel('Choices').fill('Tides\nWinds'));
    await page.locator('tbody').getByText(tier, { exact: true }).waitFor();

    await newContact(page, house, async () => {
      await page.getByLabel(day).fill('2027-03-01');
      await page.getByLabel(tier).selectOption('Gold');
      await page.locator(`[name="custom/${amount.toLowerCase()}"]`).fill('a lot');
      await page.getByRole('group', { name: topics }).getByLabel('Winds').check();
    });
    await refused(page, 'Enter the amount');
    await page.locator(`[name="custom/${amount.toLowerCase()}"]`).fill('12500.5');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    for (const text of ['1 Mar 2027', 'Gold', '12,500.50 EUR', 'Winds']) await facts(page).getByText(text, { exact: true }).first().waitFor();
    const contact = page.url().split('?')[0];

    await page.goto(house.at(FIELDS));
    await page.getByRole('link', { name: tier }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await heading(page, `Delete the field ${tier}?`);
    await page.getByText('its value on 1 record').waitFor();
    await page.getByRole('button', { name: 'Delete the field' }).click();
    await said(page, 'Gone for good.');
    await page.goto(contact);
    await facts(page).getByText('Winds').waitFor();
    assert.equal(await facts(page).getByText(tier).count(), 0);
  },

  async 'asks for what only one kind needs, and says what is missing'(visit, house) {
    visit.expect(422);
    const page = await visit.owner(`${FIELDS}/new`);
    assert.ok(!await page.getByLabel('Choices').isVisible(), 'a text has no choices');
    await page.getByLabel('Kind', { exact: true }).selectOption({ label: 'Choice, one' });
    assert.ok(await page.getByLabel('Choices').isVisible());
    await page.getByLabel('Kind', { exact: true }).selectOption({ label: 'Another record' });
    assert.ok(await page.getByLabel('Points at').isVisible());
    assert.ok(!await page.getByLabel('Default').isVisible());
    await page.getByRole('button', { name: 'Add the field' }).click();
    await refused(page, 'Enter the name of the field.', 'Choose what the field points at.', 'Say whether the field holds personal data');
    await page.locator('[name=is_personal][value=yes]').check();
    assert.ok(await page.getByLabel('What kind of personal data').isVisible());
  },

  async 'archived: forms leave it out, and its values come back with it'(visit, house) {
    const page = await visit.owner();
    const label = unlikely('Number');
    await define(page, house, label, 'Number');
    await newContact(page, house, () => page.getByLabel(label).fill('1200'));
    await page.waitForURL(/\/contacts\/\d+/);
    const contact = page.url().split('?')[0];
    await facts(page).getByText('1,200').waitFor();
    await page.goto(house.at(FIELDS));
    await page.getByRole('link', { name: label }).click();
    await page.getByRole('button', { name: 'Archive' }).click();
    await said(page, 'Out of use.');
    await page.goto(`${contact}/edit`);
    assert.equal(await page.getByLabel(label).count(), 0);
    await page.goto(house.at(FIELDS));
    await page.getByRole('link', { name: label }).click();
    await page.getByRole('button', { name: 'Use it again' }).click();
    await said(page, 'In use again');
    await page.goto(contact);
    await facts(page).getByText('1,200').waitFor();
  },

  async 'moved up among the others'(visit, house) {
    const page = await visit.owner();
    const label = unlikely('Last');
    await define(page, house, label, 'Yes or no');
    const first = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Contacts' }) });
    const order = () => first.locator('tbody th .title').allTextContents();
    const before = await order();
    assert.equal(before.at(-1), label);
    await page.getByRole('button', { name: `Move ${label} up` }).click();
    await page.waitForLoadState();
    assert.deepEqual(await order(), [...before.slice(0, -2), label, before.at(-2)]);
  },

  async 'a field that names a record offers those that fit what is typed'(visit, house) {
    const page = await visit.owner();
    const label = unlikely('Patron');
    await define(page, house, label, 'Another record', () => page.getByLabel('Points at').selectOption('company'));
    await page.goto(house.at('/people/contacts/new'));
    const options = page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
    const company = page.getByLabel('Company', { exact: false }).first();
    await company.pressSequentially('skel');
    await options.first().waitFor();
    const name = await options.first().getAttribute('data-insert');
    assert.equal(await company.getAttribute('role'), 'combobox');
    assert.equal(await company.getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await company.inputValue(), name);
    assert.equal(await company.getAttribute('aria-expanded'), 'false');
    const patron = page.getByLabel(label);
    await patron.pressSequentially('skel');
    await options.first().waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await patron.inputValue(), 'skel');
    await patron.pressSequentially('w');
    await options.first().click();
    assert.match(await patron.inputValue(), /^.+ #\d+$/);
    await page.getByLabel('Family name').fill('Patronsson');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    await facts(page).getByRole('link', { name }).first().waitFor();
  },
};
