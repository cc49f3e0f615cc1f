// The copies of a workspace: a mistake, the moment before it on the time line, the way back, and what waits after it.
import assert from 'node:assert/strict';
import { heading, refused, unlikely } from './support/page.mjs';

const CONTACTS = '/people/contacts';
const BACKUPS = '/settings/backups';

/** The number in front of a sentence, such as `381 contacts`. */
const number = (text) => Number.parseInt(text.replace(/\D/g, ''), 10);
const total = async (page) => number(await page.locator('#count').innerText());

/** Has a backup made, and waits until the page shows it. An earlier one of the same day makes room for it. */
async function backUp(page, house) {
  await page.goto(house.at(BACKUPS));
  const newest = async () => {
    const moment = page.getByRole('table', { name: 'Copies of this workspace' }).locator('tbody tr').first().locator('time').first();
    return await moment.count() ? moment.getAttribute('datetime') : null;
  };
  const before = await newest();
  await page.getByRole('button', { name: 'Back up now' }).click();
  for (let look = 0; look < 120 && await newest() === before; look += 1) {
    await page.waitForTimeout(500);
    await page.reload();
  }
  assert.notEqual(await newest(), before, 'the backup was made');
}

async function takeAll(page) {
  await page.locator('tbody .tick input').first().check();
  await page.getByLabel(/^All [\d,]+ .*not only this page$/).check();
}

export const scenarios = {
  async 'a mistake is found on the time line, looked at as a new workspace, undone in place, and mail waits'(visit, house) {
    // While it switches the workspace answers 503, and afterwards the session is over.
    visit.expect(422, 503, 401);
    const page = await visit.owner(CONTACTS);
    const all = await total(page);
    await backUp(page, house);
    // The mistake: everybody is gone.
    await page.goto(house.at(CONTACTS));
    await takeAll(page);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: /^Delete [\d,]+ contacts$/ }).click();
    await page.getByText(/ records were deleted/).waitFor({ timeout: 90_000 });
    // Its lines stand at the top of the time line; the copy from before it leads back.
    await page.goto(house.at(BACKUPS));
    await page.getByRole('listitem').filter({ hasText: /deleted a contact/ }).first()
      .getByRole('link', { name: 'Go back to just before this' }).waitFor();
    const copy = () => page.getByRole('table', { name: 'Copies of this workspace' }).getByRole('link').first().click();
    await copy();
    await heading(page, 'Go back in time');
    await page.getByText('What comes back').waitFor();
    const slug = unlikely('past').toLowerCase();
    const fresh = page.locator('form', { hasText: 'As a new workspace' });
    await fresh.getByLabel('Its address').fill(slug);
    await fresh.getByRole('button', { name: 'Restore as a new workspace' }).click();
    await page.getByRole('heading', { name: 'The restored workspace is ready' }).waitFor({ timeout: 90_000 });
    const before = page.url();
    await page.getByRole('link', { name: /^Open / }).click();
    await page.goto(`${house.url}/w/${slug}${CONTACTS}`);
    assert.equal(await total(page), all, 'everybody is there');
    // In place: a wrong name is refused and says so; the right one brings them back.
    await page.goto(before);
    await page.goto(house.at(BACKUPS));
    await copy();
    const place = page.locator('form', { hasText: 'In the place of this one' });
    await place.getByLabel('Name of this workspace').fill('Another');
    await place.getByRole('button', { name: 'Replace this workspace' }).click();
    await refused(page, /Type the name as it stands/);
    const name = (await page.getByText(/Type the name as it stands: /).first().innerText()).split(': ').pop();
    await page.getByLabel('Name of this workspace').fill(name.trim());
    await page.getByRole('button', { name: 'Replace this workspace' }).click();
    await page.waitForURL(/\/restores\/\d+/);
    const restore = new URL(page.url()).pathname;
    // The restore ends every session: who comes back signs in again.
    const again = page;
    for (let look = 0; look < 90 && !again.url().includes('/sign-in'); look += 1) {
      await again.waitForTimeout(1_000);
      await again.goto(`${house.url}${restore}`);
    }
    await visit.enter(again, house.member('owner'));
    await again.goto(`${house.url}${restore}`);
    await heading(again, 'The workspace is back');
    await again.getByText('It goes on without a break.').waitFor();
    await again.goto(house.at(CONTACTS));
    assert.equal(await total(again), all, 'everybody is back');
    // What waits is looked at, and let go.
    await again.goto(house.at(BACKUPS));
    await again.getByRole('link', { name: 'See what waits' }).click();
    await heading(again, 'What waits');
    await again.getByRole('button', { name: 'Send mail and let retention run again' }).click();
    await heading(again, 'Backups');
    assert.equal(await again.getByRole('link', { name: 'See what waits' }).count(), 0);
  },
};
scenarios['a mistake is found on the time line, looked at as a new workspace, undone in place, and mail waits'].longest = 240_000;
