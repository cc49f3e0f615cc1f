// Companies, and the people who belong to them.
import assert from 'node:assert/strict';
import { heading, refused, said, unlikely } from './support/page.mjs';

export const scenarios = {
  async 'added, changed and given a person'(visit, house) {
    const page = await visit.owner('/people/companies');
    await heading(page, 'Companies');
    await page.locator('.page-head').getByRole('link', { name: /Add a company/ }).click();
    const name = `${unlikely()} & Daughters`;
    await page.getByLabel('Name').first().fill(name);
    await page.getByRole('button', { name: 'Add the company' }).click();
    await page.waitForURL(/\/companies\/\d+/);
    await heading(page, name);
    const address = page.url().split('?')[0];
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByLabel('Domain').fill('daughters.example');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('daughters.example').first().waitFor();
    await page.getByRole('link', { name: 'Add a person' }).click();
    const family = unlikely();
    await page.getByLabel('Family name').fill(family);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    await page.getByRole('link', { name }).first().click();
    await page.waitForURL(address);
    await page.getByRole('link', { name: family }).first().waitFor();
  },

  async 'a nameless one is refused'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/people/companies/new');
    await page.getByRole('button', { name: 'Add the company' }).click();
    await refused(page);
    assert.equal(await page.getByLabel('Name').first().getAttribute('aria-invalid'), 'true');
  },

  async 'deleted: its people stay'(visit, house) {
    const page = await visit.owner('/people/contacts/new');
    const [family, name] = [unlikely(), unlikely('Kiln')];
    await page.getByLabel('Family name').fill(family);
    await page.getByLabel('Company').fill(name);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
    const person = page.url().split('?')[0];
    await page.getByRole('link', { name }).first().click();
    await page.waitForURL(/\/companies\/\d+/);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByText('The people who belong to it').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await said(page, 'Deleted.');
    await page.goto(person);
    await page.locator('h1').getByText(family).waitFor();
    assert.equal(await page.getByRole('link', { name }).count(), 0);
  },
};
