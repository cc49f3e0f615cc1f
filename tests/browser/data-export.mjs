// Everything in the workspace as one file: made by a job, taken once, by whoever has the link too.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, said } from './support/page.mjs';

const PAGE = '/settings/data-export';

/** Has a file made, and waits on the page until it stands in the list. */
async function made(page) {
  await page.getByRole('button', { name: 'Make the file' }).click();
  await said(page, 'The file is being made.');
  await page.getByRole('heading', { name: 'The file is being made' }).or(page.getByText('Ready')).first().waitFor();
  // The page looks again by itself.
  await page.getByRole('button', { name: 'Download, once' }).first().waitFor({ timeout: 60_000 });
}

async function downloaded(page, button) {
  const coming = page.waitForEvent('download');
  await button.click();
  const download = await coming;
  return { name: download.suggestedFilename(), file: JSON.parse(readFileSync(await download.path(), 'utf8')) };
}

export const scenarios = {
  async 'an owner makes it, takes it once, and hands out a link'(visit, house) {
    visit.expect(410);
    const page = await visit.owner(PAGE);
    await heading(page, 'Take everything out');
    await page.getByText('No file was made yet').waitFor();
    await made(page);
    const { name, file } = await downloaded(page, page.getByRole('button', { name: 'Download, once' }));
    assert.equal(name, `${house.workspace.slug}.json`);
    assert.equal(file.format, 'holdfast-workspace');
    assert.ok(file.tables.contacts.count > 100, 'every contact');
    assert.equal(file.tables.contacts.rows.length, file.tables.contacts.count);
    await page.reload();
    await page.getByText(/^\s*Downloaded/).first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Download, once' }).count(), 0, 'a second time it is not offered');

    await page.getByRole('button', { name: 'Make a link' }).click();
    await heading(page, 'The link to the file');
    await page.getByText('It opens everything in this workspace').waitFor();
    const link = await page.locator('#link code').innerText();
    const anybody = await visit.fresh();
    await anybody.goto(link);
    await heading(anybody, 'The file is ready');
    const again = await downloaded(anybody, anybody.getByRole('button', { name: 'Download everything' }));
    assert.equal(again.file.tables.contacts.sha256, file.tables.contacts.sha256);
    await anybody.goto(link);
    await heading(anybody, 'This link was used');
  },

  async 'it can be destroyed before its time'(visit) {
    const page = await visit.owner(PAGE);
    await made(page);
    await page.getByRole('button', { name: 'Destroy…' }).first().click();
    await page.getByRole('dialog').getByText('The workspace stays as it is').waitFor();
    await page.getByRole('button', { name: 'Destroy it' }).click();
    await said(page, 'Destroyed.');
    await page.getByText('Gone').first().waitFor();
  },
};
