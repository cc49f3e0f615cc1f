// From a file somebody kept for years to people in the list.
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
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

  async 'vcards: a field for the birthday is made, dates are shown as they are taken'(visit, house) {
    const page = await visit.owner('/people/imports');
    const word = unlikely('Card');
    await send(page, `${word}.vcf`, card(word));
    await heading(page, 'Where do the columns go?');
    const make = page.getByRole('button', { name: 'Make the field Birthday' });
    if (await make.count()) await make.click();
    await page.getByRole('cell', { name: '1980-03-17' }).waitFor();
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('Nothing is written yet.').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: /^Write these/ }).click();
    await page.getByRole('link', { name: /^See the/ }).waitFor({ timeout: 60_000 });
    await page.goto(house.at(`/people/contacts?q=${word}`));
    await page.getByRole('link', { name: `Ana ${word}` }).click();
    await page.getByText(/17 Mar(ch)? 1980|1980-03-17/).first().waitFor();
  },

  async 'a workbook: values of a column are changed, and the mapping is remembered'(visit, house) {
    const page = await visit.owner('/people/imports');
    const word = unlikely('Sheet');
    const rows = [['Wer', `Post ${word}`, 'Ort'], [`${word} ANA`, `ana.${word}@sheet.example`, '']];
    await send(page, `${word}.xlsx`, workbook(rows));
    await page.getByText('Read from the sheet').waitFor();
    await page.getByLabel('Wer', { exact: true }).selectOption('display_name');
    await page.getByLabel(`Post ${word}`).selectOption('email');
    // A column that has a field gets its button once that is kept.
    await page.getByLabel('Ort', { exact: true }).selectOption('city');
    await page.getByRole('button', { name: 'Read it again like this' }).waitFor();
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('Nothing is written yet.').waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Change the columns' }).click();
    await page.getByRole('button', { name: /^Change its values of Ort/ }).click();
    await heading(page, 'Ort');
    await page.getByLabel('When empty, take').fill('Oslo');
    await page.getByRole('button', { name: 'Keep it, and look' }).click();
    await page.getByRole('cell', { name: 'Oslo' }).waitFor();
    await page.getByRole('link', { name: 'Back to the columns' }).click();
    await page.getByText('empty becomes “Oslo”').waitFor();
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('Nothing is written yet.').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: /^Write these/ }).click();
    await page.getByRole('link', { name: /^See the/ }).waitFor({ timeout: 60_000 });

    await page.goto(house.at('/people/imports'));
    await send(page, `${word}2.xlsx`, workbook(rows));
    await page.getByText(/^Mapped as the last time/).waitFor();
    await page.goto(house.at('/people/imports/mappings'));
    const card = page.getByRole('region', { name: `Wer, Post ${word}, Ort` });
    await card.getByLabel('Name').fill(`Harbour ${word}`);
    await card.getByRole('button', { name: 'Rename' }).click();
    const renamed = page.getByRole('region', { name: `Harbour ${word}` });
    await renamed.getByRole('button', { name: 'Forget it' }).click();
    await page.getByText('The mapping is forgotten.').waitFor();
    assert.equal(await renamed.count(), 0);
  },

  async 'rows that resemble somebody are decided before they are written'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('/people/imports');
    const word = unlikely('Twin');
    const lines = ['Name,Email', `Ana ${word},a.${word}@twin.example`, `Ana ${word},b.${word}@twin.example`];
    await send(page, `${word}.csv`, Buffer.from(`${lines.join('\n')}\n`), 'text/csv');
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByRole('heading', { name: '1 row resembles somebody' }).waitFor();
    await page.getByRole('button', { name: /^Write these/ }).click();
    await refused(page, 'Say what becomes of rows that resemble somebody.');
    await page.getByLabel('Skip them').check();
    await page.getByRole('button', { name: /^Write these/ }).click();
    await page.getByText('1 row resembled somebody: 0 added anyway, 1 skipped, 0 put over the known one.').waitFor({ timeout: 60_000 });
  },
};

function card(word) {
  const lines = ['BEGIN:VCARD', 'VERSION:4.0', `N:${word};Ana;;;`, `FN:Ana ${word}`, `EMAIL:ana@${word}.example`, 'BDAY:19800317', 'END:VCARD'];
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}

async function send(page, name, buffer, mimeType = 'application/octet-stream') {
  await page.getByLabel('File', { exact: true }).setInputFiles({ name, mimeType, buffer });
  await page.getByRole('button', { name: 'Upload and look at it' }).click();
  await page.waitForURL(/\/imports\/\d+/);
}

/** A workbook with one sheet of texts, stored without compression. */
function workbook(rows) {
  const cell = (text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
  const sheet = rows.map((row) => `<row>${row.map(cell).join('')}</row>`).join('');
  return archive({
    '_rels/.rels': '<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="People" sheetId="1" r:id="a"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
  });
}

function archive(parts) {
  const [files, directory] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(parts)) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt32LE(crc32(data), 10);
    about.writeUInt32LE(data.length, 14);
    about.writeUInt32LE(data.length, 18);
    about.writeUInt16LE(path.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const file = [Buffer.from('PK\x03\x04', 'latin1'), about, path, data];
    files.push(...file);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), about, place, path);
    offset += file.reduce((sum, part) => sum + part.length, 0);
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(Object.keys(parts).length, 8);
  end.writeUInt16LE(Object.keys(parts).length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, ...directory, end]);
}
