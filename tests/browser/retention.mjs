// How long things stay: rules with their consequences, the forecast, holds.
import assert from 'node:assert/strict';
import { heading, unlikely } from './support/page.mjs';

export const scenarios = {
  async 'the forecast says what goes in which month, and a month says by which rule'(visit) {
    const page = await visit.owner('/privacy/retention');
    await heading(page, 'Retention');
    await page.getByRole('navigation', { name: 'Retention' }).getByRole('link', { name: 'Forecast' }).click();
    await heading(page, 'Forecast');
    await page.getByLabel('By month').getByRole('link').first().click();
    await page.waitForURL(/month=\d{4}-\d{2}/);
    await page.getByRole('rowheader', { name: 'In all' }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
    assert.equal(download.suggestedFilename(), 'forecast.csv');
  },

  async 'a shorter term is asked about with what it takes, and can be left as it is'(visit) {
    visit.expect(422);
    const page = await visit.owner('/privacy/retention/rules/trash');
    await page.getByLabel('Days').fill('400');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Enter 90 days or fewer').first().waitFor();
    await page.getByLabel('Days').fill('1');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/go(es)? with the next run/).waitFor();
    await page.getByRole('link', { name: 'Keep as it is' }).click();
    await heading(page, 'Retention');
  },

  async 'a hold is placed, says what it holds, and is released'(visit) {
    const page = await visit.owner('/privacy/holds/new?scope=category&category=notes');
    const matter = `Matter ${unlikely()}`;
    await page.getByLabel('Matter').fill(matter);
    await page.getByLabel('Why it must stay').fill('A claim.');
    await page.getByRole('button', { name: 'Place the hold' }).click();
    await heading(page, matter);
    await page.getByText(/Notes: \d/).waitFor();
    await page.getByLabel('Why it may go').fill('Settled.');
    await page.getByRole('button', { name: 'Release the hold' }).click();
    await page.getByText('Released.', { exact: false }).first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Release the hold' }).count(), 0);
  },
};
