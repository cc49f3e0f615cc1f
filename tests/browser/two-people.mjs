// Two people decide: whoever worked on a request cannot approve it, on the page or past it; somebody else can.
import assert from 'node:assert/strict';
import { heading, said, unlikely } from './support/page.mjs';

const SETTINGS = '/privacy/requests/settings';
const WORDS = 'Two people decide here, and you have worked on it. Somebody else must approve.';

async function decideByTwo(page, house, isOn) {
  await page.goto(house.at(SETTINGS));
  await page.getByLabel('Two people decide').setChecked(isOn);
  await page.getByRole('button', { name: /^Save/ }).first().click();
  await page.waitForLoadState();
}

/** Sends what the button would send, although there is none. */
async function forceApproval(page) {
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/approve')),
    page.evaluate(() => {
      const form = document.createElement('form');
      form.method = 'post';
      form.action = `${location.pathname}/approve`;
      form.append(document.querySelector('main input[name=_csrf]').cloneNode());
      document.body.append(form);
      form.submit();
    }),
  ]);
  await page.waitForLoadState();
  return answer.status();
}

export const scenarios = {
  async 'whoever asks for an erasure cannot approve it, and somebody else can'(visit, house) {
    visit.expect(409);
    const family = unlikely();
    const first = await visit.owner('/people/contacts/new');
    await first.getByLabel('Given name').fill('Ottoline');
    await first.getByLabel('Family name').fill(family);
    await first.getByRole('button', { name: 'Add the contact' }).click();
    await first.waitForURL(/contacts\/\d+/);
    await decideByTwo(first, house, true);
    try {
      await first.goto(house.at('/privacy/requests/new'));
      await first.getByLabel('What they ask for').selectOption({ label: 'Erasure' });
      await first.getByLabel('Name', { exact: true }).fill(`Ottoline ${family}`);
      await first.getByRole('button', { name: 'Enter the request' }).click();
      await first.waitForURL(/requests\/\d+/);
      const place = new URL(first.url()).pathname;
      await first.getByRole('link', { name: 'Find the person' }).click();
      await first.getByRole('searchbox').fill(family);
      await first.getByRole('button', { name: 'Search', exact: true }).click();
      await first.getByRole('button', { name: /^This is them/ }).first().click();
      await first.waitForURL(/requests\/\d+(\?|$)/);
      for (const name of ['Identity', 'Ownership', 'Scope']) {
        const line = first.locator('.check-line').filter({ hasText: name });
        await line.locator('summary').click();
        await line.getByRole('button', { name: 'It stands' }).click();
        await said(first, 'Saved.');
      }
      await first.getByText(WORDS).waitFor();
      assert.equal(await first.getByRole('button', { name: 'Approve' }).count(), 0);
      assert.equal(await forceApproval(first), 409);
      await first.getByText('Somebody else must approve this: you have worked on it.').waitFor();

      const second = await visit.as(house.member('privacy_officer'), null);
      await second.goto(house.url + place);
      await heading(second, `Ottoline ${family} asks us to erase their data`);
      await second.getByRole('button', { name: 'Approve' }).click();
      await said(second, 'Approved.');
      await first.goto(house.url + place);
      await first.getByRole('button', { name: /^Carry it out/ }).first().waitFor();
    } finally {
      await decideByTwo(first, house, false);
    }
  },
};
