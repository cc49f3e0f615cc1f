// What belongs to a person rather than to a workspace: name, colours, sessions, second step.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, said } from './support/page.mjs';
import { code } from './support/totp.mjs';

const theme = (page) => page.evaluate(() => document.documentElement.dataset.theme ?? 'system');

/** The recovery codes leave the page in all three ways, and paper gets nothing else. */
async function keep(page, { email }, codes) {
  await page.evaluate(() => { window.printed = 0; window.print = () => { window.printed += 1; }; });
  await page.getByRole('button', { name: 'Print' }).click();
  assert.equal(await page.evaluate(() => window.printed), 1);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy' }).click();
  await said(page, 'Copied to the clipboard');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join('\n'));
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a file' }).click();
  const file = readFileSync(await (await coming).path(), 'utf8');
  for (const words of [email, String(new Date().getUTCFullYear()), ...codes]) assert.ok(file.includes(words), `the file says ${words}`);
  await page.emulateMedia({ media: 'print' });
  const paper = (await page.evaluate(() => document.body.innerText)).split('\n').map((line) => line.trim()).filter(Boolean);
  await page.emulateMedia({ media: 'screen' });
  const [of, whose, on, day, ...rest] = paper;
  assert.deepEqual([of, on], ['Recovery codes of', 'Made on']);
  assert.ok(whose.startsWith(email) && /^\d+ \w+ 20\d\d$/.test(day), `${whose}, ${day}`);
  assert.deepEqual(rest, codes, 'and nothing but the codes');
}

export const scenarios = {
  async 'light and dark follow the choice, without a second cookie'(visit, house) {
    const page = await visit.as(house.member('privacy_officer'));
    for (const [name, expected] of [['Dark', 'dark'], ['Light', 'light'], ['Same as this device', 'system']]) {
      await page.getByRole('button', { name: 'Theme' }).first().click();
      const saved = page.waitForResponse((answer) => answer.url().endsWith('/account/theme'));
      await page.locator('#theme-menu').getByRole('button', { name }).click();
      await saved;
      assert.equal(await theme(page), expected);
      await page.reload();
      assert.equal(await theme(page), expected, 'the server printed it');
      assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
    }
    assert.equal((await page.context().cookies()).length, 1);
  },

  async 'the profile is saved, and single keys can be turned off'(visit, house) {
    const page = await visit.as(house.member('privacy_officer'), null);
    await page.goto(`${house.url}/account/profile`);
    const keys = page.getByLabel('Single-key shortcuts');
    await keys.uncheck();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await said(page, 'Saved.');
    await page.keyboard.press('Shift+?');
    assert.equal(await page.locator('#shortcuts[open]').count(), 0);
    await keys.check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await said(page, 'Saved.');
    await page.locator('h1').click();
    await page.keyboard.press('Shift+?');
    await page.locator('#shortcuts[open]').waitFor();
  },

  async 'a session elsewhere is listed and ended'(visit, house) {
    const member = house.member('viewer');
    const elsewhere = await visit.as(member, '/people/contacts');
    await heading(elsewhere, 'Contacts');
    const page = await visit.as(member, null);
    await page.goto(`${house.url}/account/sessions`);
    await page.getByText('This one').waitFor();
    const before = await page.locator('main ul.list > li').count();
    assert.ok(before >= 2);
    await page.getByRole('button', { name: /^End the session|^End/ }).filter({ hasNotText: 'all' }).first().click();
    await said(page, 'That session has ended.');
    assert.equal(await page.locator('main ul.list > li').count(), before - 1);
    if (before > 2) {
      await page.getByRole('button', { name: 'End all others' }).click();
      await said(page, 'All other sessions have ended.');
    }
    await elsewhere.reload();
    await elsewhere.waitForURL(/\/sign-in/);
  },

  async 'two-step sign-in is set up, used and turned off'(visit, house) {
    visit.expect(422);
    const member = house.workspace.members.filter(({ role }) => role === 'member')[0];
    const page = await visit.as(member, null);
    await page.goto(`${house.url}/account/security/two-step`);
    await page.getByRole('button', { name: 'Set it up' }).click();
    await heading(page, 'Set up two-step sign-in');
    await page.locator('.qr svg').waitFor();
    const secret = (await page.locator('#key code').innerText()).replaceAll(' ', '');
    await page.getByLabel('Six-digit code').fill('000000');
    await page.getByRole('button', { name: 'Turn it on' }).click();
    await page.locator('.error-summary').waitFor();
    await page.getByLabel('Six-digit code').fill(code(secret));
    await page.getByRole('button', { name: 'Turn it on' }).click();
    await heading(page, 'Your recovery codes');
    const codes = await page.locator('ol.codes li').allTextContents();
    assert.equal(codes.length, 10);
    await keep(page, member, codes);
    await page.getByRole('link', { name: 'I have kept them' }).click();

    const again = await visit.fresh();
    await visit.enter(again, member);
    await again.waitForURL(/second-step/);
    await again.getByRole('link', { name: 'Use a recovery code' }).click();
    await again.getByLabel('Recovery code').fill(codes[0].toLowerCase());
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
    await again.goto(`${house.url}/account/security/two-step`);
    await again.getByText('9 left').first().waitFor();
    await again.getByRole('button', { name: 'Turn two-step sign-in off' }).click();
    await again.waitForLoadState();
    if (again.url().includes('/account/confirm')) {
      // The code of this half minute was used when it was turned on; the password does as well.
      await again.getByRole('link', { name: 'Use your password instead' }).click();
      await again.getByLabel('Password', { exact: true }).fill(member.password);
      await again.getByRole('button', { name: 'Confirm' }).click();
      await again.waitForURL((url) => !url.pathname.startsWith('/account/confirm'));
      if (await again.getByRole('button', { name: 'Turn two-step sign-in off' }).count()) {
        await again.getByRole('button', { name: 'Turn two-step sign-in off' }).click();
      }
    }
    await said(again, 'Two-step sign-in is off.');
    await page.reload();
    await page.waitForURL(/\/sign-in/);
  },

  async 'the switcher leads from one workspace to the other'(visit, house) {
    const [here, there] = house.facts.workspaces;
    const both = here.members.find(({ email }) => there.members.some((member) => member.email === email));
    const page = await visit.as(both);
    await page.locator('button.workspace').click();
    await page.locator('#workspace-menu').getByRole('link', { name: there.name }).click();
    await page.waitForURL(`${house.url}/w/${there.slug}`);
    await page.locator('.sidebar').getByText(there.name).waitFor();
  },
};
