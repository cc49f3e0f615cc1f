// Erasing somebody: the plan, the word, the certificate that the program verifies by itself; and what a legal hold keeps.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { heading, refused, unlikely } from './support/page.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = ['target/x86_64-unknown-linux-gnu/debug/holdfast', 'target/aarch64-unknown-linux-gnu/debug/holdfast', 'target/debug/holdfast'];
const program = process.env.PROGRAM_UNDER_TEST ?? BUILT.map((name) => path.join(ROOT, name)).find(existsSync);

/** A contact with a note that names them; gives the number of the contact and of the note. */
async function somebody(page, house, family) {
  await page.goto(house.at('/people/contacts/new'));
  await page.getByLabel('Given name').fill('Ottoline');
  await page.getByLabel('Family name').fill(family);
  await page.getByLabel('Email address').first().fill(`${family.toLowerCase()}@quill.example`);
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForURL(/contacts\/\d+/);
  const contact = page.url().match(/contacts\/(\d+)/)[1];
  await page.getByLabel('Note', { exact: true }).fill(`Ottoline ${family} signed the lease.`);
  await page.getByRole('button', { name: 'Save the note' }).click();
  const note = page.locator('li[id^=note-]').first();
  await note.waitFor();
  return { contact, note: (await note.getAttribute('id')).slice('note-'.length) };
}

/** Looks again until the page says this. */
async function until(page, words) {
  for (let tries = 0; tries < 60; tries += 1) {
    if (await page.getByText(words).count()) return;
    await page.waitForTimeout(150);
    await page.reload();
  }
  throw new Error(`the page never says ${words}: ${await page.locator('main').innerText()}`);
}

async function erase(page, house, contact) {
  await page.goto(house.at(`/privacy/erasures/new?person=${contact}`));
  await page.getByLabel('Type erase to confirm').fill('erase');
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await page.waitForURL(/erasures\/\d+$/);
}

export const scenarios = {
  async 'a person is erased after the plan was read, and anybody can check the certificate'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/people/contacts');
    const family = unlikely();
    const { contact } = await somebody(page, house, family);
    await page.goto(house.at(`/privacy/people/${contact}`));
    await page.getByRole('link', { name: 'Erase…' }).click();
    await heading(page, `Erase Ottoline ${family}?`);
    await page.getByText('Contact record: 1', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Erase for good' }).click();
    await refused(page, 'Type the word erase');
    await erase(page, house, contact);
    await until(page, 'Done. Every page of the database');
    assert.ok(!(await page.locator('main').innerText()).includes(family));
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the certificate' }).click()]);
    assert.match(download.suggestedFilename(), /^erasure-\d+\.json$/);
    const command = (await page.getByText('holdfast certificate verify FILE').innerText()).trim().split(/\s+/);
    const said = execFileSync(program, ['certificate', 'verify', await download.path(), '--public-key', command.at(-1)], { env: {} });
    assert.equal(said.toString().trim(), 'valid');
  },

  async 'a hold on one note keeps that note alone, and its release takes it'(visit, house) {
    const page = await visit.owner('/people/contacts');
    const { contact, note } = await somebody(page, house, unlikely());
    const matter = `Matter ${unlikely()}`;
    await page.goto(house.at('/privacy/holds/new?scope=record&on_type=notes'));
    await page.getByLabel('Its number').fill(note);
    await page.getByLabel('Matter').fill(matter);
    await page.getByLabel('Why it must stay').fill('A claim.');
    await page.getByRole('button', { name: 'Place the hold' }).click();
    await heading(page, matter);
    const hold = page.url();
    await page.goto(house.at(`/privacy/erasures/new?person=${contact}`));
    const kept = page.getByRole('region', { name: 'What a legal hold keeps' });
    await kept.getByRole('link', { name: matter }).waitFor();
    assert.match(await kept.innerText(), /Notes: 1/);
    await erase(page, house, contact);
    await until(page, 'Finished, but for what legal holds keep');
    const erasure = page.url();
    await page.goto(house.at(`/people/contacts/${contact}`));
    await heading(page, '[erased]');
    await page.getByText('signed the lease').waitFor();
    await page.goto(hold);
    await page.getByLabel('Why it may go').fill('Settled.');
    await page.getByRole('button', { name: 'Release the hold' }).click();
    await page.goto(erasure);
    await until(page, 'Done. Every page of the database');
    assert.equal(await page.getByRole('link', { name: /^Certificate \d$/ }).count(), 2);
  },
};
