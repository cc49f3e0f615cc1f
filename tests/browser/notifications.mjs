// Naming a colleague in a note, and what reaches them.
import assert from 'node:assert/strict';
import { heading, said, unlikely } from './support/page.mjs';

const NOTE = { name: 'Note', exact: true };

/** A contact of its own for one scenario. */
async function fresh(page, house) {
  const family = unlikely('Bell');
  await page.goto(house.at('/people/contacts/new'));
  await page.getByLabel('Given name').fill('Ottoline');
  await page.getByLabel('Family name').fill(family);
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForURL(/\/contacts\/\d+/);
  return family;
}

/** How much the bell says is unread. */
async function unread(page) {
  const label = await page.locator('#bell').getAttribute('aria-label');
  return Number(label.match(/(\d+)/)?.[1] ?? 0);
}

const note = (page) => page.getByRole('textbox', NOTE);
const options = (page) => page.getByRole('listbox', { name: 'Members' }).getByRole('option');

export const scenarios = {
  async 'a mention by keyboard reaches the bell of the other, who opens and has read it'(visit, house) {
    const [maren, tobi] = [house.member('owner'), house.member('member')];
    const other = await visit.as(tobi);
    const before = await unread(other);
    const page = await visit.as(maren);
    const family = await fresh(page, house);
    await note(page).focus();
    await page.keyboard.type('Call back, @to');
    await options(page).first().waitFor();
    assert.equal(await note(page).getAttribute('aria-controls'), 'offer-list');
    await page.waitForFunction(() => /member/.test(document.querySelector('#announce').textContent));
    const pointed = () => page.evaluate(() => document.getElementById(document.querySelector('textarea').getAttribute('aria-activedescendant'))?.textContent);
    assert.match(await pointed(), /Tobi Ezeudu/);
    await page.keyboard.press('Escape');
    assert.equal(await options(page).count(), 0);
    await page.keyboard.type('b');
    await options(page).first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    assert.equal(await note(page).inputValue(), 'Call back, @Tobi Ezeudu ');
    assert.equal(await options(page).count(), 0);
    await page.keyboard.type('before noon.');
    await page.keyboard.press('Control+Enter');
    await page.locator('.timeline .mention').getByText('@Tobi Ezeudu').waitFor();

    // The bell looks again when the page comes back into view.
    await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await other.waitForFunction((count) => document.querySelector('#bell').getAttribute('aria-label').includes(`${count} unread`), before + 1);
    await other.locator('#bell').focus();
    await other.keyboard.press('Enter');
    await heading(other, 'Notifications');
    const line = other.getByRole('button', { name: `${maren.name} mentioned you in a note on Ottoline ${family}` }).first();
    await line.focus();
    await other.keyboard.press('Enter');
    await heading(other, `Ottoline ${family}`);
    assert.match(new URL(other.url()).hash, /^#note-\d+$/);
    assert.equal(await unread(other), before);
  },

  async 'a mention by mouse, and one that fits nobody'(visit, house) {
    const page = await visit.owner();
    await fresh(page, house);
    await note(page).pressSequentially('@ine');
    await options(page).first().click();
    assert.match(await note(page).inputValue(), /^@Inês Falcão $/);
    await note(page).pressSequentially('and @nobodyhere');
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.getByText('@nobodyhere fits no member').waitFor();
    await page.locator('.timeline .mention').getByText('@Inês Falcão').waitFor();
    await page.locator('.timeline').getByRole('link', { name: 'Change' }).first().click();
    await heading(page, 'Change the note');
    assert.equal(await page.getByLabel('Note').inputValue(), '@Inês Falcão and @nobodyhere');
    await page.getByLabel('Note').press('End');
    await page.getByLabel('Note').pressSequentially(' @jon');
    await options(page).first().waitFor();
    await page.keyboard.press('Tab');
    assert.match(await page.getByLabel('Note').inputValue(), /@Jonas Vossberg $/);
  },

  async 'all of it is marked as read'(visit, house) {
    const page = await visit.as(house.member('member'), '/notifications');
    assert.ok(await unread(page) > 0, 'the demonstration has told everybody something');
    await page.locator('.notifications').getByRole('button', { name: /^Mark as read/ }).first().click();
    await page.waitForLoadState();
    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await said(page, 'All read.');
    assert.equal(await unread(page), 0);
    await page.getByRole('heading', { name: 'All read' }).waitFor();
    await page.getByRole('link', { name: 'All', exact: true }).click();
    await page.locator('.notifications li').first().waitFor();
  },

  async 'everybody chooses what to hear of'(visit, house) {
    const page = await visit.as(house.member('viewer'), '/settings/notifications');
    await heading(page, 'Notifications');
    const row = page.getByRole('group', { name: 'Somebody mentions me in a note' });
    await row.getByLabel('By mail').selectOption('soon');
    await row.getByLabel('In the app').uncheck();
    await page.getByLabel('Hour').selectOption('17');
    await page.getByRole('button', { name: 'Save' }).click();
    await said(page, 'Saved.');
    assert.equal(await row.getByLabel('By mail').inputValue(), 'soon');
    assert.equal(await row.getByLabel('In the app').isChecked(), false);
    assert.equal(await page.getByLabel('Hour').inputValue(), '17');
    await row.getByLabel('In the app').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await said(page, 'Saved.');
  },

  async 'without a script a name is typed, and the bell is a link'(visit, house) {
    const page = await visit.as(house.member('owner'), '', { javaScriptEnabled: false });
    await fresh(page, house);
    await note(page).fill('@tobi, have a look');
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('.timeline .mention').getByText('@Tobi Ezeudu').waitFor();
    await page.locator('#bell').click();
    await heading(page, 'Notifications');
    const first = page.locator('.notifications .grow button').first();
    await first.click();
    await page.waitForURL((url) => !url.pathname.endsWith('/notifications'));
  },

  async 'a history is narrowed to one kind'(visit, house) {
    const page = await visit.owner();
    await fresh(page, house);
    await note(page).fill('Only this.');
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('.timeline').getByText('Only this.').waitFor();
    await page.getByRole('navigation', { name: 'History' }).getByRole('link', { name: /^Notes/ }).click();
    await page.waitForURL(/show=notes/);
    assert.equal(await page.locator('.timeline > li').count(), 1);
    await page.getByRole('navigation', { name: 'History' }).getByRole('link', { name: /^Changes/ }).click();
    await page.waitForURL(/show=changes/);
    assert.equal(await page.locator('.timeline .quote').count(), 0);
  },
};
