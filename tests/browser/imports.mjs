// From a file somebody kept for years to people in the list.
import assert from 'node:assert/strict';
import { heading, refused, unlikely } from './support/page.mjs';

/** A spreadsheet as it leaves an old machine: semicolons, Latin-1, one bad line. */
function file(word) {
  const lines = [
    'Vorname;Nachname;E-Mail;Firma',
    `Åsa;${word}One;asa.${word}@importe.example;${word} Hütten`,
    `Bo;${word}Two;not an address;`,
    `Cléo;${word}Three;cleo.${word}@importe.example;${word} Hütten`,
  ];
  return { name: `${word}.csv`, mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1') };
}

export async function upload(page, house, word) {
  await page.goto(house.at('/people/imports'));
  await page.getByLabel('File', { exact: true }).setInputFiles(file(word));
  await page.getByRole('button', { name: 'Upload and look at it' }).click();
  await page.waitForURL(/\/imports\/\d+/);
}

export const scenarios = {
  async 'uploaded, mapped, checked, written, there'(visit, house) {
    const page = await visit.owner();
    const word = unlikely('Imp');
    await upload(page, house, word);
    await heading(page, 'Where do the columns go?');
    await page.getByText(`${word} Hütten`).first().waitFor();
    const email = page.getByLabel('E-Mail');
    assert.equal(await email.locator('option:checked').innerText(), 'Email address', 'the heading names the field');
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('Nothing is written yet.').waitFor({ timeout: 60_000 });
    const figure = (label) => page.locator('dl.stats div').filter({ hasText: label }).locator('.figure').innerText();
    assert.equal(await figure('Will be added'), '2');
    assert.equal(await figure('Left out'), '1');
    const wrong = page.getByRole('table', { name: 'Rows that were left out' });
    assert.equal(await wrong.locator('tbody th').innerText(), '3', 'the line of the file');
    await page.getByRole('button', { name: /^Write these/ }).click();
    await page.getByRole('link', { name: /^See the/ }).waitFor({ timeout: 60_000 });
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Reasons as CSV' }).click();
    assert.match((await coming).suggestedFilename(), /\.csv$/);
    await page.goto(house.at(`/people/contacts?q=${word}Three`));
    await page.getByRole('link', { name: `Cléo ${word}Three` }).click();
    await page.getByRole('link', { name: `${word} Hütten` }).first().waitFor();
  },

  async 'taken back: what it made is gone'(visit, house) {
    const page = await visit.owner();
    const word = unlikely('Back');
    await upload(page, house, word);
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('Nothing is written yet.').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: /^Write these/ }).click();
    await page.getByRole('link', { name: /^See the/ }).waitFor({ timeout: 60_000 });
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'These rows, to mend' }).click();
    assert.match((await coming).suggestedFilename(), /left-out\.csv$/);
    await page.getByRole('link', { name: 'Take it back…' }).click();
    await heading(page, 'Import of contacts');
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText(/^Taken back/).waitFor({ timeout: 60_000 });
    await page.getByText('3 records are as before.').waitFor();
    await page.goto(house.at(`/people/contacts?q=${word}Three`));
    assert.equal(await page.getByRole('link', { name: `Cléo ${word}Three` }).count(), 0);
  },

  async 'the same file again changes nothing'(visit, house) {
    const page = await visit.owner();
    const word = unlikely('Again');
    for (const expected of ['2', '0']) {
      await upload(page, house, word);
      await page.getByRole('button', { name: 'Check all rows' }).click();
      await page.getByText('Nothing is written yet.').waitFor({ timeout: 60_000 });
      const figure = page.locator('dl.stats div').filter({ hasText: 'Will be added' }).locator('.figure');
      assert.equal(await figure.innerText(), expected);
      await page.getByRole('button', { name: /^Write these/ }).click();
      await page.getByRole('link', { name: /^See the/ }).waitFor({ timeout: 60_000 });
    }
  },

  async 'dropped before anything is written'(visit, house) {
    const page = await visit.owner();
    const word = unlikely('Drop');
    await upload(page, house, word);
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByRole('button', { name: 'Drop this import' }).click();
    await page.goto(house.at(`/people/contacts?q=${word}`));
    await page.getByRole('heading', { name: 'Nothing fits' }).waitFor();
  },

  async 'no file, and an empty one, are told'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/people/imports');
    await page.getByRole('button', { name: 'Upload and look at it' }).click();
    await refused(page, 'Choose a file.');
    await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.alloc(0) });
    await page.getByRole('button', { name: 'Upload and look at it' }).click();
    await page.locator('.error-summary').getByText(/empty|Choose a file/).waitFor();
  },
};
