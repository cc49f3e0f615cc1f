// Requests of people about their own data: entered, checked, decided, carried out, answered.
import assert from 'node:assert/strict';
import { heading, refused, said } from './support/page.mjs';

const QUEUE = '/privacy/requests';

/** Records one of the three checks on the page of a request. */
async function check(page, name, verdict = 'It stands') {
  const line = page.locator('.check-line').filter({ hasText: name });
  await line.locator('summary').click();
  await line.getByRole('button', { name: verdict }).click();
  await said(page, 'Saved.');
}

async function enter(page, house, kind, name, words = '') {
  await page.goto(house.at(`${QUEUE}/new`));
  await page.getByLabel('What they ask for').selectOption({ label: kind });
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('What they said').fill(words);
  await page.getByRole('button', { name: 'Enter the request' }).click();
  await page.waitForURL(/requests\/\d+/);
}

export const scenarios = {
  async 'the queue says what is urgent, in words and in order'(visit, house) {
    const page = await visit.owner(QUEUE);
    await heading(page, 'Requests');
    const clocks = await page.locator('tbody td .status').allTextContents();
    assert.ok(clocks.length >= 6, `${clocks}`);
    assert.match(clocks[0], /over/, 'the overdue one stands first');
    const left = clocks.filter((words) => /left/.test(words)).map((words) => parseInt(words, 10));
    assert.deepEqual(left, [...left].sort((a, b) => a - b), 'then those with the least time');
    await page.getByRole('link', { name: /^Overdue/ }).click();
    await page.waitForURL(/show=overdue/);
    assert.ok((await page.locator('tbody tr').count()) >= 1);
    await page.getByText('Filter').click();
    await page.getByLabel('Kind').selectOption({ label: 'Withdrawal of consent' });
    await page.getByRole('button', { name: 'Show these' }).click();
    await page.getByText('No request fits').waitFor();
  },

  async 'from receipt to answer'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/people/contacts');
    const known = await page.locator('tbody th .title').last().innerText();
    await enter(page, house, 'Access', 'Wenna Tregarthen', 'What do you know about me?');
    await said(page, 'Entered.');
    await heading(page, 'Wenna Tregarthen asks what we hold about them');
    await page.getByText('Whose data is it?').waitFor();
    await page.getByRole('link', { name: 'Find the person' }).click();
    await heading(page, 'Whose data is it?');
    await page.getByRole('searchbox').fill(known);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('button', { name: /^This is them/ }).first().click();
    await page.waitForURL(/requests\/\d+(\?|$)/);
    await page.getByRole('heading', { name: 'What we hold', exact: true }).waitFor();

    await check(page, 'Identity');
    await check(page, 'Ownership', 'It does not');
    await page.getByText('Nothing is done for somebody unverified', { exact: true }).waitFor();
    for (const name of ['Ownership', 'Scope', 'Identity']) await check(page, name);
    await page.getByRole('button', { name: 'Approve' }).click();
    await said(page, 'Approved.');
    await page.getByRole('button', { name: 'Carry it out now' }).click();
    await said(page, 'It is under way.');
    await page.getByLabel('What was done').fill('');
    await page.getByRole('button', { name: 'It is done' }).click();
    await refused(page, 'Say what was done, in words for the person.');
    await page.getByLabel('What was done').fill('A copy of everything is on its way.');
    await page.getByRole('button', { name: 'It is done' }).click();
    await said(page, 'Done.');

    await page.getByRole('link', { name: 'Write the answer' }).click();
    await heading(page, 'It is done');
    assert.match(await page.getByRole('textbox', { name: 'Letter', exact: true }).inputValue(), /A copy of everything is on its way\./);
    await page.getByRole('button', { name: 'Send the letter' }).click();
    await page.getByText('On paper').waitFor();
    await page.getByRole('link', { name: 'Back to the request' }).click();
    await page.getByText('told the person. The request is closed.').waitFor();
  },

  async 'a correction is shown field by field before it is made'(visit, house) {
    const page = await visit.owner(QUEUE);
    await page.getByRole('row').filter({ hasText: 'Correction' }).getByRole('link').first().click();
    await page.getByRole('heading', { name: 'What is corrected' }).waitFor();
    await page.locator('ins').first().waitFor();
    await page.getByText('Say what each field is to hold').click();
    await page.getByLabel('Job title').fill('Harbour pilot');
    await page.getByRole('button', { name: 'Keep the proposal' }).click();
    await page.locator('ins').getByText('Harbour pilot').waitFor();
  },

  async 'an extension is a letter that is read first'(visit, house) {
    const page = await visit.owner();
    await enter(page, house, 'Portability', 'Corin Vane');
    await page.getByLabel('Why it takes longer').fill('The records of three houses must be put together.');
    await page.getByRole('button', { name: 'Write the letter' }).click();
    await page.getByText('Sending it extends the deadline').waitFor();
    assert.match(await page.getByRole('textbox', { name: 'Letter', exact: true }).inputValue(), /three houses/);
    await page.getByRole('button', { name: 'Send the letter' }).click();
    await page.getByRole('link', { name: 'Back to the request' }).click();
    await page.getByText('It was extended: The records of three houses').waitFor();
  },

  async 'words of letters keep to what the law asks'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/privacy/letters/refused');
    await page.getByRole('textbox', { name: 'Letter', exact: true }).fill('No. {unheard}');
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await refused(page, /There is no variable/);
  },

  async 'works without the script, from entry to approval'(visit, house) {
    const page = await visit.owner(QUEUE, { javaScriptEnabled: false });
    await enter(page, house, 'Objection', 'Piran Lusk');
    await heading(page, 'Piran Lusk objects to the use of their data');
    await page.locator('.check-line').filter({ hasText: 'Identity' }).locator('summary').click();
    await page.locator('.check-line').filter({ hasText: 'Identity' }).getByRole('button', { name: 'It stands' }).click();
    await page.getByText('confirmed the identity.').waitFor();
  },
};
