// Files on a record: dropped, looked at, taken back out, renamed, deleted.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, refused, said, unlikely } from './support/page.mjs';

/** A contact of its own for one scenario; the page stands on it. */
async function fresh(page, house) {
  await page.goto(house.at('/people/contacts/new'));
  await page.getByLabel('Given name').fill('Ottoline');
  await page.getByLabel('Family name').fill(unlikely());
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForURL(/\/contacts\/\d+/);
}

const text = (name, words = `words of ${name}`) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(words) });

/** A picture drawn by the browser itself. */
async function picture(page, name) {
  const base64 = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 400 });
    const pen = canvas.getContext('2d');
    pen.fillStyle = 'teal';
    pen.fillRect(0, 0, 640, 400);
    return canvas.toDataURL('image/png').split(',')[1];
  });
  return { name, mimeType: 'image/png', buffer: Buffer.from(base64, 'base64') };
}

const card = (page) => page.locator('#files');

export const scenarios = {
  async 'several at once, each with its progress, and the note in the box stays'(visit, house) {
    const page = await visit.owner();
    await fresh(page, house);
    await card(page).getByText('Nothing yet.').waitFor();
    assert.equal(await card(page).getByRole('button', { name: 'Attach', exact: true }).count(), 0, 'choosing sends');
    await page.getByLabel('Note', { exact: true }).fill('Half a thought');
    const word = unlikely('Pier');
    await card(page).getByLabel('Files to attach').setInputFiles([text(`${word} minutes.txt`), await picture(page, `${word} view.png`)]);
    await card(page).getByRole('link', { name: `${word} view.png`, exact: true }).waitFor();
    await card(page).getByRole('link', { name: `${word} minutes.txt`, exact: true }).waitFor();
    assert.equal(await page.getByLabel('Note', { exact: true }).inputValue(), 'Half a thought');
    const drawn = card(page).locator('.thumb img');
    await drawn.scrollIntoViewIfNeeded();
    await page.waitForFunction(() => document.querySelector('#files .thumb img')?.naturalWidth === 480);
    assert.equal(await card(page).locator('.files > li').count(), 2);

    const coming = page.waitForEvent('download');
    await card(page).getByRole('link', { name: `Download ${word} minutes.txt` }).click();
    const download = await coming;
    assert.equal(download.suggestedFilename(), `${word} minutes.txt`);
    assert.equal(readFileSync(await download.path(), 'utf8'), `words of ${word} minutes.txt`);
  },

  async 'dropped onto the card'(visit, house) {
    const page = await visit.owner();
    await fresh(page, house);
    const name = `${unlikely('Drop')}.txt`;
    const data = await page.evaluateHandle((name) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['dropped'], name, { type: 'text/plain' }));
      return transfer;
    }, name);
    const place = card(page).locator('.file-drop');
    await place.dispatchEvent('dragover', { dataTransfer: data });
    assert.ok(await place.evaluate((element) => element.classList.contains('over')));
    // What the browser does by itself when a file is let go over an input.
    await card(page).getByLabel('Files to attach').evaluate((input, transfer) => {
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, data);
    await card(page).getByRole('link', { name, exact: true }).waitFor();
  },

  async 'what is too large or empty is told beside its name, and the others go through'(visit, house) {
    visit.expect(422);
    const page = await visit.owner();
    await fresh(page, house);
    await card(page).locator('form').evaluate((form) => { form.dataset.most = '1000'; });
    const word = unlikely('Size');
    const large = text(`${word} large.txt`, 'x'.repeat(2_000));
    await card(page).getByLabel('Files to attach').setInputFiles([large, text(`${word} fine.txt`), text(`${word} empty.txt`, '')]);
    await card(page).getByRole('link', { name: `${word} fine.txt`, exact: true }).waitFor();
    await card(page).getByText('This is larger than 100 MB.').waitFor();
    await card(page).getByText(`${word} empty.txt is empty. Choose another file.`).waitFor();
    assert.equal(await card(page).locator('.files > li').count(), 1);
  },

  async 'looked at, renamed, found, deleted'(visit, house) {
    visit.expect(404, 422);
    const page = await visit.owner();
    await fresh(page, house);
    const record = page.url().split('?')[0];
    const word = unlikely('Chart');
    await card(page).getByLabel('Files to attach').setInputFiles([await picture(page, `${word}.png`)]);
    await card(page).getByRole('link', { name: `${word}.png`, exact: true }).click();
    await heading(page, `${word}.png`);
    const address = page.url();
    assert.match(address, /\/attachments\/[0-9a-f]{32}$/, 'nobody guesses it');
    await page.waitForFunction(() => document.querySelector('.preview img')?.naturalWidth > 0);

    await page.getByLabel('Name of the file').fill(' ');
    await page.getByRole('button', { name: 'Save' }).click();
    await refused(page, 'Enter a name, like offer.pdf.');
    await page.getByLabel('Name of the file').fill(`${word} of the bay.png`);
    await page.getByRole('button', { name: 'Save' }).click();
    await heading(page, `${word} of the bay.png`);

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search this workspace' }).pressSequentially(word);
    await page.getByRole('option').filter({ hasText: `${word} of the bay.png` }).first().click();
    await heading(page, `${word} of the bay.png`);

    await page.getByRole('link', { name: 'Delete…' }).click();
    await heading(page, `Delete ${word} of the bay.png?`);
    await page.getByRole('link', { name: 'Keep' }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete the file' }).click();
    await said(page, 'Its key is destroyed.');
    assert.equal(page.url().split('?')[0], record);
    await page.locator('.timeline').getByText('deleted a file').waitFor();
    assert.equal((await page.goto(address)).status(), 404);
    assert.equal((await page.goto(`${address}/content`)).status(), 404);
  },

  async 'a page that somebody attached never runs here'(visit, house) {
    const page = await visit.owner();
    await fresh(page, house);
    const name = `${unlikely('Evil')}.html`;
    await card(page).getByLabel('Files to attach').setInputFiles([{ ...text(name, '<script>document.title = "run"</script>'), mimeType: 'text/html' }]);
    const link = card(page).getByRole('link', { name: `Download ${name}` });
    const href = await link.getAttribute('href');
    const answer = await page.request.get(new URL(href, page.url()).href);
    assert.equal(answer.headers()['content-type'], 'application/octet-stream');
    assert.match(answer.headers()['content-security-policy'], /sandbox/);
    const coming = page.waitForEvent('download');
    await page.goto(new URL(href, page.url()).href).catch(() => {}); // Going there is a download, not a page.
    assert.equal((await coming).suggestedFilename(), name);
    assert.notEqual(await page.title(), 'run');
  },

  async 'without the script the form sends them all'(visit, house) {
    visit.expect(422);
    const page = await visit.owner('', { javaScriptEnabled: false });
    await fresh(page, house);
    await card(page).getByRole('button', { name: 'Attach', exact: true }).click();
    await page.locator('.error-summary').getByText('Choose a file.').waitFor();
    await heading(page, /^Files on Ottoline/);
    const word = unlikely('Plain');
    await page.getByLabel('Files to attach').setInputFiles([text(`${word} one.txt`), text(`${word} two.txt`)]);
    await page.getByRole('button', { name: 'Attach', exact: true }).click();
    await card(page).getByRole('link', { name: `${word} one.txt`, exact: true }).waitFor();
    await card(page).getByRole('link', { name: `${word} two.txt`, exact: true }).waitFor();
  },
};
