// What people do every day: sign in, find, add, import, look at the log. By keyboard and mouse.

import { expect, member, oneCookie, open, signIn, test } from './harness.mjs';

export async function everydayWork(browser, demo) {
  const workspace = demo.workspaces[0];
  const home = `/w/${workspace.slug}`;
  const owner = member(demo, 'owner');
  const page = await open(browser, demo);

  await test('a wrong password is told and signs nobody in', async () => {
    await page.goto('/sign-in');
    await page.getByLabel('Email address').fill(owner.email);
    await page.getByLabel('Password', { exact: true }).fill('a password that is nobody’s');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.goto(home);
    expect(new URL(page.url()).pathname === '/sign-in', `reached ${page.url()}`);
  });

  await test('somebody with two-step sign-in signs in with a code', async () => {
    const person = demo.workspaces.flatMap((workspace) => workspace.members).find((member) => member.totp_secret);
    expect(person, 'nobody in the demonstration has two-step sign-in');
    const other = await open(browser, demo);
    await signIn(other, person);
    await other.getByRole('heading', { level: 1 }).waitFor();
    expect(!new URL(other.url()).pathname.startsWith('/sign-in'), `stopped at ${other.url()}`);
    await oneCookie(other);
    await other.context().close();
  });

  await test('an owner signs in and reaches the workspace', async () => {
    await signIn(page, owner);
    await page.goto(home);
    await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: 'Contacts' }).waitFor();
    await oneCookie(page);
  });

  await test('the list is searched while somebody types', async () => {
    await page.goto(`${home}/people/contacts`);
    const name = (await page.locator('tbody th .title, tbody th a').first().innerText()).split('\n')[0].trim();
    await page.getByRole('searchbox').fill(name);
    await page.waitForFunction((name) => [...document.querySelectorAll('tbody tr')].every((row) => row.textContent.includes(name.split(' ')[0])), name);
    expect(await page.locator('tbody tr').count() >= 1, 'the search found nothing');
  });

  await test('a contact is added, seen, and told twice', async () => {
    await page.goto(`${home}/people/contacts/new`);
    await page.getByLabel('Given name').fill('Ottoline');
    await page.getByLabel('Family name').fill('Browserby');
    await page.locator('input[type=email]').first().fill('ottoline@browserby.example');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/people\/contacts\/\d+/);
    await page.getByRole('heading', { name: /Ottoline Browserby/ }).waitFor();
    await page.goto(`${home}/people/contacts/new`);
    await page.getByLabel('Given name').fill('Ottoline');
    await page.locator('input[type=email]').first().fill('ottoline@browserby.example');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.getByRole('alert').first().waitFor();
  });

  await test('bad input is named at its field and kept', async () => {
    await page.goto(`${home}/people/contacts/new`);
    await page.getByLabel('Given name').fill('Kept');
    await page.locator('input[type=email]').first().fill('no address');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.getByRole('alert').first().waitFor();
    expect(await page.getByLabel('Given name').inputValue() === 'Kept', 'what was typed is gone');
    expect(await page.locator('[aria-invalid=true]').count() > 0, 'no field is marked');
    expect((await page.title()).startsWith('Error'), 'the title does not say that something is wrong');
  });

  await test('the palette finds somebody by keyboard alone', async () => {
    await page.goto(home);
    await page.keyboard.press('Control+K');
    await page.getByRole('combobox').fill('Browserby');
    await page.getByRole('option').filter({ hasText: 'Browserby' }).first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/people\/contacts\/\d+/);
  });

  await test('a CSV file is imported after a look at it', async () => {
    await page.goto(`${home}/people/imports`);
    const csv = 'Given name;Family name;E-mail\nÅsa;Importé;asa@importe.example\nBo;Broken;no address\n';
    await page.locator('input[type=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(csv, 'latin1') });
    await page.getByRole('button', { name: 'Upload and look at it' }).click();
    await page.waitForURL(/\/imports\/\d+/);
    await page.getByText('Importé').first().waitFor();
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByRole('button', { name: /^Write these/ }).click();
    await page.getByRole('link', { name: /^See the/ }).waitFor({ timeout: 30_000 });
    await page.goto(`${home}/people/contacts?q=asa%40importe.example`);
    await page.getByRole('link', { name: /Åsa/ }).first().waitFor();
  });

  await test('the audit log is shown, filtered and verified', async () => {
    await page.goto(home);
    await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: /Audit/ }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('button', { name: /Verify/ }).click();
    await page.getByText(/unbroken|nothing was changed|fits|verified/i).first().waitFor();
  });

  await test('light and dark follow the choice', async () => {
    await page.goto(home);
    for (const [button, theme] of [['Dark', 'dark'], ['Light', 'light'], ['Same as this device', null]]) {
      await page.getByRole('button', { name: 'Theme' }).first().click();
      await page.getByRole('button', { name: button }).click();
      await page.waitForFunction((theme) => document.documentElement.getAttribute('data-theme') === theme, theme);
    }
  });

  await test('a viewer sees, and is offered nothing to change', async () => {
    const other = await open(browser, demo);
    await signIn(other, member(demo, 'viewer'));
    await other.goto(`${home}/people/contacts`);
    await other.getByRole('heading', { level: 1 }).waitFor();
    for (const name of ['Add a contact', 'Import', 'Export', 'Delete']) {
      expect(await other.locator('main').getByRole('link', { name }).count() === 0, `a viewer is offered ${name}`);
    }
    const refused = await other.goto(`${home}/people/contacts/new`);
    expect(refused.status() === 403, `the form answers a viewer with ${refused.status()}`);
    await other.context().close();
  });

  await test('another workspace looks like none', async () => {
    const other = await open(browser, demo);
    const stranger = demo.workspaces[1].members.find((member) => !workspace.members.some(({ email }) => email === member.email));
    await signIn(other, stranger);
    const foreign = await other.goto(home);
    expect(foreign.status() === 404, `another workspace answers ${foreign.status()}`);
    await other.context().close();
  });

  await test('the operator sees that files exist, and no content', async () => {
    const other = await open(browser, demo);
    await signIn(other, demo.operator);
    await other.goto('/operator');
    await other.getByRole('heading', { level: 1 }).waitFor();
    const inside = await other.goto(`${home}/people/contacts`);
    expect(inside.status() === 404, `the operator's way in answers ${inside.status()}`);
    await other.context().close();
  });

  await test('signing out ends the session', async () => {
    await page.goto(home);
    await page.locator('button.account').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/w/'));
    await page.goto(home);
    expect(new URL(page.url()).pathname === '/sign-in', `still inside: ${page.url()}`);
  });
  await page.context().close();
}
