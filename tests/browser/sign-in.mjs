// The door: who gets in, who does not, and what is said to them.
import assert from 'node:assert/strict';
import { heading, refused, said } from './support/page.mjs';
import { code } from './support/totp.mjs';

const path = (page) => new URL(page.url()).pathname;

async function signOut(page) {
  await page.getByRole('button', { name: /^Your account/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/sign-in|\/$/);
}

export const scenarios = {
  async 'with a password'(visit, house) {
    const page = await visit.owner();
    await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: 'Contacts' }).waitFor();
    const cookies = await page.context().cookies();
    assert.deepEqual(cookies.map((cookie) => cookie.name), ['__Host-holdfast']);
    assert.equal(path(page), `/w/${house.workspace.slug}`);
  },

  async 'comes back to the page that was asked for'(visit, house) {
    const page = await visit.fresh();
    await page.goto(house.at('/people/contacts?q=an'));
    await page.waitForURL(/\/sign-in/);
    const owner = house.member('owner');
    await page.getByLabel('Email address').fill(owner.email);
    await page.getByLabel('Password', { exact: true }).fill(owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(house.at('/people/contacts?q=an'));
  },

  async 'with two steps'(visit, house) {
    const member = house.withTwoSteps();
    const page = await visit.fresh();
    await visit.enter(page, member);
    await page.waitForURL(/\/sign-in\/second-step/);
    await page.goto(house.at());
    assert.match(path(page), /^\/sign-in/, 'the password alone opens nothing');
    await page.goto(`${house.url}/sign-in/second-step`);
    visit.expect(422);
    await page.getByLabel('Six-digit code').fill('000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await refused(page);
    await page.getByLabel('Six-digit code').fill(code(member.totp_secret));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
    await page.goto(house.at());
    await page.getByRole('navigation', { name: 'Areas' }).waitFor();
  },

  async 'a wrong password is refused and the address is kept'(visit, house) {
    visit.expect(401, 422);
    const { email } = house.member('viewer');
    const page = await visit.fresh();
    await visit.enter(page, { email, password: 'nobody ever chose this one' });
    await refused(page);
    assert.equal(await page.getByLabel('Email address').inputValue(), email);
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
    await page.goto(house.at());
    await page.waitForURL(/\/sign-in/);
  },

  async 'the password can be looked at'(visit, house) {
    const page = await visit.fresh();
    await page.goto(`${house.url}/sign-in`);
    const field = page.getByLabel('Password', { exact: true });
    await field.fill('harbour');
    await page.getByRole('button', { name: 'Show the password' }).click();
    assert.equal(await field.getAttribute('type'), 'text');
  },

  async 'a link by mail is offered without saying who has an account'(visit, house) {
    const page = await visit.fresh();
    const seen = [];
    for (const email of [house.member('viewer').email, 'nobody@nowhere.example']) {
      await page.goto(`${house.url}/sign-in/link`);
      await page.getByLabel('Email address').fill(email);
      await page.getByRole('button', { name: 'Mail me a link' }).click();
      await heading(page, 'Look into your mailbox');
      seen.push(await page.locator('main').innerText());
    }
    assert.equal(seen[0], seen[1]);
  },

  async 'signing out ends the session'(visit, house) {
    const page = await visit.owner();
    const before = await page.context().cookies();
    await signOut(page);
    await page.context().addCookies(before);
    await page.goto(house.at());
    await page.waitForURL(/\/sign-in/);
  },

  async 'another workspace and the operator console look like nothing'(visit, house) {
    visit.expect(403, 404);
    const other = house.facts.workspaces[1];
    const stranger = other.members.find(({ email }) => !house.workspace.members.some((member) => member.email === email));
    const page = await visit.as(stranger, null);
    for (const place of [house.at(), house.at('/people/contacts'), `${house.url}/w/there-is-none`, `${house.url}/operator`]) {
      const answer = await page.goto(place);
      assert.equal(answer.status(), 404, place);
    }
  },

  async 'a viewer is offered nothing that changes anything'(visit, house) {
    visit.expect(403);
    const page = await visit.as(house.member('viewer'), '/people/contacts');
    await heading(page, 'Contacts');
    for (const name of ['Add a contact', 'Import', 'Export']) {
      assert.equal(await page.locator('main').getByRole('link', { name }).count(), 0, `a viewer is offered ${name}`);
    }
    await page.locator('tbody th a').first().click();
    await page.waitForURL(/\/contacts\/\d+/);
    assert.equal(await page.getByRole('link', { name: 'Change', exact: true }).count(), 0);
    const answer = await page.goto(house.at('/people/contacts/new'));
    assert.equal(answer.status(), 403);
  },

  async 'the toast after signing out is said once'(visit) {
    const page = await visit.owner();
    await signOut(page);
    await said(page, 'You are signed out.');
    await page.reload();
    assert.equal(await page.locator('.toasts .toast').count(), 0);
  },
};
