// The same work in a browser that runs no script (WEB-6).

import { expect, member, oneCookie, open, signIn, test } from './harness.mjs';

export async function withoutScript(browser, demo) {
  const home = `/w/${demo.workspaces[0].slug}`;
  const page = await open(browser, demo, { javaScriptEnabled: false });

  await test('without script: signing in', async () => {
    await signIn(page, member(demo, 'admin'));
    await page.goto(home);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await oneCookie(page);
  });

  await test('without script: a contact is added, changed and found', async () => {
    await page.goto(`${home}/people/contacts/new`);
    await page.getByLabel('Given name').fill('Noa');
    await page.getByLabel('Family name').fill('Noscript');
    await page.locator('input[type=email]').first().fill('noa@noscript.example');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.waitForURL(/\/people\/contacts\/\d+/);
    const address = new URL(page.url()).pathname;
    await page.goto(`${address}/edit`);
    await page.getByLabel('Job title').fill('Reader');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL((url) => url.pathname === address);
    await page.getByText('Reader').first().waitFor();
    await page.goto(`${home}/people/contacts`);
    await page.getByRole('searchbox').fill('Noscript');
    await page.getByRole('searchbox').press('Enter');
    await page.getByRole('link', { name: /Noa Noscript/ }).first().waitFor();
  });

  await test('without script: an error is told', async () => {
    await page.goto(`${home}/people/contacts/new`);
    await page.locator('input[type=email]').first().fill('no address');
    await page.getByRole('button', { name: 'Add the contact' }).click();
    await page.getByRole('alert').first().waitFor();
    expect((await page.title()).startsWith('Error'), 'the title does not say that something is wrong');
  });
  await page.context().close();
}
