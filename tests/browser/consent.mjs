// Consent and restriction: what is asked, what people said, who may be written to, and how that ends.
import assert from 'node:assert/strict';
import { heading, refused, said, unlikely } from './support/page.mjs';

const may = (page) => page.getByRole('region', { name: 'May we?' }).or(page.locator('section').filter({ has: page.getByRole('heading', { name: 'May we?' }) })).first();
const line = (page, purpose) => may(page).locator('tbody tr').filter({ hasText: purpose });

/** A fresh person with an address, on the page of their rights. */
async function person(page, house) {
  const name = unlikely('Marram');
  await page.goto(house.at('/people/contacts/new'));
  await page.getByLabel('Family name').fill(name);
  await page.locator('[name="emails/0"]').fill(`${name.toLowerCase()}@rights.example`);
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForURL(/\/contacts\/\d+/);
  const id = page.url().match(/\/contacts\/(\d+)/)[1];
  await page.getByRole('link', { name: 'Consent and rights' }).click();
  await heading(page, name);
  return { name, id };
}

export const scenarios = {
  async 'a yes with its proof, one click for the no, and the reason beside each answer'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    const { name, id } = await person(page, house);
    await line(page, 'Newsletter').getByText('No', { exact: true }).waitFor();
    await line(page, 'Newsletter').getByText('never asked').waitFor();
    await line(page, 'Customer service').first().getByText('Yes', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Write down what they said' }).click();
    await heading(page, `What ${name} said`);
    await page.getByLabel('About').selectOption({ label: 'Newsletter' });
    await page.getByRole('button', { name: 'Write it down' }).click();
    await refused(page, 'Say where the proof lies');
    await page.getByLabel('Where the proof lies').fill('Form at the pier, 3 May');
    await page.getByRole('button', { name: 'Write it down' }).click();
    await said(page, 'Saved.');
    await line(page, 'Newsletter').getByText('not confirmed it yet').waitFor();

    await page.getByRole('link', { name: 'Write down what they said' }).click();
    await page.getByLabel('They confirmed it').check();
    await page.getByLabel('About').selectOption({ label: 'Newsletter' });
    await page.getByLabel('Where the proof lies').fill('Answered our mail');
    await page.getByRole('button', { name: 'Write it down' }).click();
    await line(page, 'Newsletter').getByText('Yes', { exact: true }).waitFor();
    await page.getByText('Form at the pier, 3 May').waitFor();

    await page.getByRole('button', { name: 'Withdrew the consent to Newsletter' }).click();
    await line(page, 'Newsletter').getByText('They withdrew their consent.').waitFor();
    await page.goto(house.at(`/people/contacts/${id}`));
    const card = page.locator('section').filter({ has: page.getByRole('heading', { name: 'May we write?' }) });
    await card.getByText('They withdrew their consent.').waitFor();
  },

  async 'an objection to all marketing closes each of its purposes'(visit, house) {
    const page = await visit.owner();
    await person(page, house);
    await page.getByRole('button', { name: 'Objected to all marketing' }).click();
    await said(page, 'Saved.');
    for (const purpose of ['Newsletter', 'Offers by phone']) await line(page, purpose).getByText('that is final').waitFor();
    await line(page, 'Invoices and accounts').first().getByText('Yes', { exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Objected to all marketing' }).count(), 0);
  },

  async 'restricted, and lifted once they were told'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    const { name, id } = await person(page, house);
    await page.getByRole('link', { name: 'Restrict…' }).click();
    await heading(page, `Restrict what we do with the data of ${name}?`);
    await page.getByRole('button', { name: 'Restrict' }).click();
    await refused(page, 'Choose on which ground');
    await page.getByLabel('They say the data is wrong').check();
    await page.getByLabel('What they asked for').fill('The street is wrong');
    await page.getByRole('button', { name: 'Restrict' }).click();
    await said(page, 'Restricted.');
    await page.getByText('Keep it, but do not use it.').waitFor();
    await line(page, 'Customer service').first().getByText('No', { exact: true }).waitFor();
    await page.goto(house.at(`/people/contacts/${id}`));
    await page.getByText('Keep it, but do not use it.').waitFor();

    await page.goto(house.at('/privacy/restrictions'));
    await page.getByRole('link', { name }).click();
    await page.getByLabel('Why their data may be used again').fill('The street is mended');
    await page.getByLabel('Days they have to object').fill('0');
    await page.getByRole('button', { name: 'Begin to lift it' }).click();
    await said(page, 'Until their days are over it holds.');
    await page.getByRole('link', { name: 'Write the letter' }).click();
    await page.getByText('Their data is used again as soon as it has left').waitFor();
    assert.match(await page.getByRole('textbox', { name: 'Letter', exact: true }).inputValue(), /The street is mended/);
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByText('They were told in another way').click();
    await page.getByRole('button', { name: 'They were told' }).click();
    await refused(page, 'Say where the proof lies');
    await page.getByLabel('Where the proof lies').fill('Letter of 4 May');
    await page.getByRole('button', { name: 'They were told' }).click();
    await said(page, 'Written down.');
    await page.getByRole('link', { name: 'Consent and rights' }).click();
    await line(page, 'Customer service').first().getByText('Yes', { exact: true }).waitFor();
    await page.getByText('Letter of 4 May').waitFor();
  },

  async 'a purpose gets other words, and the old ones stay to be read'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/privacy/purposes');
    await page.getByRole('link', { name: 'New purpose' }).click();
    await page.getByRole('button', { name: 'Add the purpose' }).click();
    await refused(page, 'Enter the name of the purpose', 'Describe what the data is used for');
    const title = unlikely('Tides');
    await page.getByLabel('Name', { exact: true }).fill(title);
    await page.getByLabel('What the data is used for').fill('Sending tide tables.');
    await page.getByLabel('Legitimate interests').check();
    await page.getByLabel('What people read').fill('We send you tide tables.');
    await page.getByRole('button', { name: 'Add the purpose' }).click();
    await refused(page, 'Write down the interest');
    await page.getByLabel('How interests were weighed').fill('Sailors need them, and lose nothing.');
    await page.getByRole('button', { name: 'Add the purpose' }).click();
    await heading(page, title);
    await page.getByRole('link', { name: 'Change' }).click();
    await page.getByLabel('What people read').fill('We send you tide tables each week.');
    await page.getByRole('button', { name: 'Save' }).click();
    await heading(page, title);
    await page.getByText('Version 2').waitFor();
    await page.getByText('We send you tide tables.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Put out of use' }).click();
    await said(page, 'Out of use.');
  },
};
