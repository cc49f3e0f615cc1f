// One contact from the first day to the last.
import assert from 'node:assert/strict';
import { heading, refused, said, unlikely } from './support/page.mjs';

async function add(page, house, fields) {
  await page.goto(house.at('/people/contacts/new'));
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).first().fill(value);
  await page.getByRole('button', { name: 'Add the contact' }).click();
}

/** A contact of its own for one scenario. */
async function fresh(page, house) {
  const family = unlikely();
  await add(page, house, { 'Given name': 'Ottoline', 'Family name': family, 'Email address': `${family.toLowerCase()}@quill.example` });
  await page.waitForURL(/\/contacts\/\d+/);
  return family;
}

export const scenarios = {
  async 'added, changed, archived, taken back and deleted'(visit, house) {
    visit.expect(404);
    const page = await visit.owner();
    const family = await fresh(page, house);
    await heading(page, `Ottoline ${family}`);
    const address = page.url().split('?')[0];

    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByLabel('Job title').fill('Lighthouse keeper');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL((url) => url.href.startsWith(address) && !url.pathname.endsWith('/edit'));
    await page.getByText('Lighthouse keeper').first().waitFor();

    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await said(page, 'Archived.');
    await page.getByText('In the archive since').waitFor();
    await page.goto(house.at(`/people/contacts?q=${family}`));
    assert.equal(await page.locator('tbody tr').count(), 0, 'the list leaves out the archive');

    await page.goto(address);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('button', { name: 'Take out of the archive' }).click();
    await said(page, 'Back among the others.');

    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await heading(page, `Delete Ottoline ${family}?`);
    await page.getByRole('button', { name: 'Delete' }).click();
    await said(page, 'Deleted.');
    assert.equal((await page.goto(address)).status(), 404);
  },

  async 'what is wrong is named at its field, and everything typed is kept'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    await add(page, house, { 'Given name': 'Ottoline', 'Email address': 'no address', 'Phone number': '12', 'Job title': 'Keeper' });
    await refused(page);
    const summary = page.locator('.error-summary').first();
    assert.equal(await summary.getByRole('link').count(), 2);
    const email = page.getByLabel('Email address').first();
    assert.equal(await email.inputValue(), 'no address');
    assert.equal(await email.getAttribute('aria-invalid'), 'true');
    const told = await email.getAttribute('aria-describedby');
    assert.equal(await page.locator(`[id="${told.split(' ').at(-1)}"]`).count(), 1, 'the error is tied to its field');
    assert.equal(await page.getByLabel('Given name').inputValue(), 'Ottoline');
    assert.equal(await page.getByLabel('Job title').inputValue(), 'Keeper');
    await summary.getByRole('link').first().click();
    assert.ok(await email.evaluate((field) => field === document.activeElement), 'the link leads to the field');
  },

  async 'somebody with the same address is pointed out'(visit, house) {
    visit.expect(409, 422);
    const page = await visit.owner();
    const family = await fresh(page, house);
    await add(page, house, { 'Given name': 'Otto', 'Email address': `${family.toUpperCase()}@quill.example` });
    await page.locator('.error-summary').getByText(/already|know/).first().waitFor();
  },

  async 'two people change it at once: the second is told, and nothing is lost'(visit, house) {
    visit.expect(409, 412, 422);
    const first = await visit.owner();
    await fresh(first, house);
    const address = first.url().split('?')[0];
    const second = await visit.as(house.facts.workspaces[1].members.find(({ email }) => house.workspace.members.some((member) => member.email === email)) ?? house.member('owner'), null);
    await second.goto(`${address}/edit`);
    await first.goto(`${address}/edit`);
    await first.getByLabel('Job title').fill('Pilot');
    await first.getByRole('button', { name: 'Save' }).click();
    await first.waitForURL((url) => !url.pathname.endsWith('/edit'));
    await second.getByLabel('Job title').fill('Harbour master');
    await second.getByRole('button', { name: 'Save' }).click();
    await second.getByText('while you were writing').waitFor();
    await second.getByText('Pilot').first().waitFor();
    assert.equal(await second.getByLabel('Job title').inputValue(), 'Harbour master');
    await second.getByRole('button', { name: 'Save' }).click();
    await second.getByText('Harbour master').first().waitFor();
  },

  async 'notes: written, changed, deleted'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    await fresh(page, house);
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('#body-error').waitFor();
    const words = `Prefers calls after ten. ${unlikely('Note')}`;
    await page.getByLabel('Note', { exact: true }).fill(words);
    await page.keyboard.press('Control+Enter');
    await page.locator('.timeline').getByText(words).waitFor();
    await page.locator('.timeline').getByRole('link', { name: 'Change' }).first().click();
    await heading(page, 'Change the note');
    await page.getByLabel('Note').fill(`${words} Or mail.`);
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('.timeline').getByText(`${words} Or mail.`).waitFor();
    await page.getByText('and changed it later').waitFor();
    await page.locator('.timeline').getByRole('link', { name: 'Delete' }).first().click();
    await page.getByRole('button', { name: 'Delete the note' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    assert.equal(await page.locator('.timeline').getByText(words).count(), 0);
  },

  async 'what people type is shown as they typed it'(visit, house) {
    const page = await visit.owner();
    const given = '<img src=x onerror=alert(1)>';
    await add(page, house, { 'Given name': given, 'Family name': unlikely('{{7*7}}') });
    await page.waitForURL(/\/contacts\/\d+/);
    assert.ok((await page.locator('h1').innerText()).startsWith(`${given} {{7*7}}`));
    assert.equal(await page.locator('main img').count(), 0);
  },

  async 'tags and owner'(visit, house) {
    const page = await visit.owner();
    await fresh(page, house);
    await page.getByRole('button', { name: 'Tag', exact: true }).click();
    await page.getByLabel('Tags to add').fill('regatta, harbour');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('.tag').getByText('regatta').waitFor();
    await page.getByRole('button', { name: 'Take off the tag regatta' }).click();
    await page.waitForFunction(() => ![...document.querySelectorAll('.tag')].some((tag) => tag.textContent.includes('regatta')));
    const other = house.member('member').name ?? 'Tobi Ezeudu';
    await page.getByLabel('New owner').selectOption({ label: other });
    await page.getByRole('button', { name: 'Give to' }).click();
    await page.locator('dl.facts').getByText(other).first().waitFor();
  },
};
