// Every page that links lead to, and the states that only forms lead to, under `inspect`.
import assert from 'node:assert/strict';
import { PHONE, WIDE } from './support/browser.mjs';
import { crawl, READERS } from './support/crawl.mjs';
import { Findings, inspect } from './support/inspect.mjs';
import { upload } from './imports.mjs';
import { unlikely } from './support/page.mjs';

// axe is put into the page by the test, which the page's own policy would refuse.
const LOOKING = { bypassCSP: true };
const NARROW = { ...LOOKING, viewport: PHONE, hasTouch: true, isMobile: true };
const LONGEST_MS = 600_000;

function scenario({ member, starts }) {
  const check = async (visit, house) => {
    const someone = member(house);
    const scout = someone ? await visit.as(someone, null) : await visit.fresh();
    const pages = await crawl(scout, house.url, starts(house));
    assert.ok(pages.size >= 5, `only ${[...pages.keys()]}`);
    const storageState = await scout.context().storageState();
    const findings = new Findings();
    for (const options of [{ ...LOOKING, viewport: WIDE }, NARROW]) {
      const page = await visit.fresh({ ...options, storageState });
      for (const [kind, path] of pages) {
        await page.goto(house.url + path);
        await inspect(page, kind, findings);
      }
    }
    console.log(`     ${pages.size} pages, each in two sizes and two themes`);
    findings.judge();
  };
  check.longest = LONGEST_MS;
  return check;
}

/** Starts an edit of every company, and is on its page. */
async function tagAll(page, house) {
  await page.goto(house.at('/people/companies'));
  await page.locator('tbody .tick input').first().evaluate((box) => { box.checked = true; });
  await page.locator('.bulk [name=all]').evaluate((box) => { box.checked = true; });
  await page.locator('.bulk [name=tag]').evaluate((field, tag) => { field.value = tag; }, unlikely('Look'));
  await page.locator('.bulk button[value=tag]').evaluate((button) => button.click());
  await page.waitForURL(/\/people\/bulk\/\d+/);
}

/** Press something that stands on the page, then look. */
const STATES = {
  async 'a form that came back'(page, house) {
    await page.goto(house.at('/people/contacts/new'));
    await page.getByLabel('Email address').first().fill('no address');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.locator('.error-summary').waitFor();
  },
  async 'a contact like one we know'(page, house) {
    await page.goto(house.at('/people/contacts'));
    const [given, ...family] = (await page.locator('tbody th .title').first().innerText()).split(' ');
    await page.goto(house.at('/people/contacts/new'));
    await page.getByLabel('Given name').fill(given);
    await page.getByLabel('Family name').fill(family.join(' '));
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForLoadState();
  },
  async 'somebody new, and the word about it'(page, house) {
    await page.goto(house.at('/people/contacts/new'));
    await page.getByLabel('Family name').fill(unlikely('A very long family name that wraps on phones '));
    await page.getByLabel('Email address').first().fill(`${unlikely('an-address-without-any-place-to-break')}@quill.example`);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
  },
  async 'a name without a place to break'(page, house) {
    await page.goto(house.at('/people/contacts/new'));
    await page.getByLabel('Family name').fill(`${unlikely('Donaudampfschifffahrts')}elektrizitätenhauptbetriebswerkbauunterbeamte`);
    await page.getByLabel('Company').fill('Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz');
    await page.getByLabel('Tags').fill(`${'unteilbar'.repeat(5)}, two, three, four`);
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/contacts\/\d+/);
  },
  async 'that name in the list'(page, house) {
    await page.goto(house.at('/people/contacts?q=Donaudampfschifffahrts'));
  },
  async 'nothing found'(page, house) {
    await page.goto(house.at(`/people/contacts?q=${unlikely()}`));
  },
  async 'some selected'(page, house) {
    await page.goto(house.at('/people/companies'));
    if (page.viewportSize().width > PHONE.width) await page.locator('tbody .tick input').first().check();
  },
  async 'the filter, open'(page, house) {
    await page.goto(house.at('/people/contacts'));
    await page.getByRole('button', { name: 'Filter' }).click();
  },
  async 'the palette with results'(page, house) {
    await page.goto(house.at());
    await page.locator('[data-opens=palette]:visible').first().click();
    await page.getByRole('combobox').pressSequentially('an');
    await page.getByRole('option').first().waitFor();
    await page.waitForLoadState('networkidle'); // The options of the last letter have come.
  },
  async 'the palette that finds nothing'(page, house) {
    await page.goto(house.at());
    await page.locator('[data-opens=palette]:visible').first().click();
    await page.getByRole('combobox').pressSequentially('qqzzxxvv');
    await page.locator('#palette').getByText('Nothing found').waitFor();
  },
  async 'the shortcuts'(page, house) {
    await page.goto(house.at());
    await page.keyboard.press('Shift+?');
    await page.locator('#shortcuts[open]').waitFor();
  },
  async 'the menu of the account'(page, house) {
    await page.goto(house.at());
    await page.getByRole('button', { name: /^Your account/ }).click();
  },
  async 'columns of an import'(page, house) {
    await upload(page, house, unlikely('Look'));
  },
  async 'an import that is checked'(page, house) {
    await upload(page, house, unlikely('Look'));
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('Nothing is written yet.').waitFor({ timeout: 60_000 });
  },
  async 'a new token'(page, house) {
    await page.goto(house.at('/settings/tokens/new'));
    await page.getByLabel('Name').fill(unlikely('Program '));
    await page.locator('input[name=scopes]').first().check();
    await page.getByRole('button', { name: 'Make the token' }).click();
    await page.locator('#token').waitFor();
  },
  async 'the question before a token is revoked'(page, house) {
    await page.goto(house.at('/settings/tokens'));
    await page.getByRole('button', { name: 'Revoke…' }).first().click();
    await page.locator('dialog[open]').waitFor();
  },
  async 'the second step being set up'(page, house) {
    await page.goto(`${house.url}/account/security/two-step`);
    await page.getByRole('button', { name: /^Set it up|^Begin again/ }).click();
    await page.locator('.qr svg').waitFor();
  },
  async 'the verdict on the log'(page, house) {
    await page.goto(house.at('/audit'));
    await page.getByRole('button', { name: 'Check the log' }).click();
    await page.getByRole('heading', { name: 'The log holds' }).waitFor();
  },
  async 'a field of a kind that asks for more'(page, house) {
    await page.goto(house.at('/settings/fields/new?object=company'));
    await page.getByLabel('Kind', { exact: true }).selectOption({ label: 'Choice, several' });
    await page.locator('[name=is_personal][value=yes]').check();
    await page.getByRole('button', { name: 'Add the field' }).click();
    await page.locator('.error-summary').waitFor();
  },
  async 'two records side by side'(page, house) {
    await page.goto(house.at('/people/duplicates'));
    const compare = page.getByRole('link', { name: /^Compare/ });
    for (let attempt = 0; attempt < 60 && !await compare.count(); attempt += 1) {
      await page.waitForTimeout(500);
      await page.reload();
    }
    await compare.first().click();
    await page.getByRole('radio').first().waitFor();
  },
  async 'a record to merge with'(page, house) {
    await page.goto(house.at('/people/companies'));
    await page.locator('tbody th a').first().click();
    await page.waitForURL(/\/companies\/\d+/);
    await page.goto(`${page.url().split('?')[0]}/merge?q=water`);
    await page.locator('main .list a').first().waitFor();
  },
  async 'many records, with all of the list chosen'(page, house) {
    await page.goto(house.at('/people/companies'));
    if (page.viewportSize().width === PHONE.width) return;
    await page.locator('tbody .tick input').first().check();
    await page.locator('.bulk [name=all]').check();
  },
  async 'the question before many are deleted'(page, house) {
    await page.goto(house.at('/people/companies'));
    // Phones leave the ticks out; the page is the same.
    await page.locator('tbody .tick input').first().evaluate((box) => { box.checked = true; });
    await page.locator('.bulk [name=all]').evaluate((box) => { box.checked = true; });
    await page.locator('.bulk button[value=delete]').evaluate((button) => button.click());
    await page.getByRole('heading', { level: 1, name: /^Delete [\d,]+ companies/ }).waitFor();
  },
  async 'an edit of many under way'(page, house) {
    await tagAll(page, house);
  },
  async 'an edit of many at its end'(page, house) {
    await tagAll(page, house);
    await page.getByRole('link', { name: 'Take it back…' }).waitFor({ timeout: 60_000 });
  },
  async 'a change to be taken back'(page, house) {
    await page.goto(house.at('/people/changes'));
    await page.getByRole('link', { name: 'Tag added to companies' }).first().click();
    await page.getByRole('button', { name: 'Take it back' }).waitFor();
  },
  async 'a change that was taken back'(page) {
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText(/are as before\./).waitFor({ timeout: 60_000 });
  },
  async 'members offered after an @'(page, house) {
    await page.goto(house.at('/people/contacts?sort=-updated_at'));
    await page.locator('tbody th a').first().click();
    await page.getByRole('textbox', { name: 'Note', exact: true }).pressSequentially('@t');
    await page.getByRole('listbox', { name: 'Members' }).getByRole('option').first().waitFor();
  },
  async 'notifications, read ones too'(page, house) {
    await page.goto(house.at('/notifications?all=true'));
  },
  async 'what to hear of'(page, house) {
    await page.goto(house.at('/settings/notifications'));
  },
  async 'a page that is not there'(page, house) {
    await page.goto(house.at('/nowhere'));
  },
};

async function states(visit, house) {
  visit.expect(404, 409, 422);
  const findings = new Findings();
  for (const options of [LOOKING, NARROW]) {
    const page = await visit.owner('', options);
    for (const [name, reach] of Object.entries(STATES)) {
      await reach(page, house).then(() => inspect(page, name, findings), (error) => findings.note(name, [error.message.split('\n')[0]]));
    }
  }
  findings.judge();
}
states.longest = LONGEST_MS;

export const scenarios = {
  ...Object.fromEntries(READERS.map((reader) => [`what ${reader.who} reaches`, scenario(reader)])),
  'what only forms and buttons lead to': states,
};
