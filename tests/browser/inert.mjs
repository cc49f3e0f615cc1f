// WEB-4: what people type into any field is shown as they typed it, and never becomes a part of the page.
import assert from 'node:assert/strict';
import { crawl } from './support/crawl.mjs';

/** Each ends with a word of its own, so that it can be found again. Short: fields have limits. */
const CORPUS = [
  '<script>window.pwned=1;alert(1)</script>Zyxwa',
  '"><img src=x onerror=alert(1)>Zyxwb',
  "'><svg/onload=alert(1)>Zyxwc",
  '</textarea></title></template><script>alert(1)</script>Zyxwd',
  '</style><style>*{display:none}</style>Zyxwe',
  '" autofocus onfocus=alert(1) data-x="Zyxwf',
  '{{7*7}}${7*7}<%=7*7%>#{7*7}Zyxwg',
  '<iframe srcdoc="<script>alert(1)</script>">Zyxwh',
  '&lt;script&gt;alert(1)&lt;/script&gt;Zyxwi',
  '<a href="javascript:alert(1)">Zyxwj</a>',
  '<base href=//evil.example/>Zyxwk',
  '<form action=//evil.example><button>Zyxwl',
  '\u202Egnp.exe\u202C Zyxwm',
];

/** Forms that make something, and what their buttons say. */
const FORMS = [
  '/people/contacts/new', '/people/companies/new', '/settings/teams', '/settings/teams/new', '/settings/roles/new',
];

/** Marks in the page that only markup out of the corpus could have made. */
const alive = (page) => page.evaluate(() => [
  ...document.querySelectorAll('img[src="x"], iframe, base, [onerror], [onload], [onfocus], script:not([src]), style, form[action^="//"], a[href^="javascript:" i]'),
].map((element) => element.outerHTML.slice(0, 120)).concat(window.pwned ? ['a script ran'] : []));

/** Fills every field for words with the next of the corpus; what has a form of its own stays empty. */
async function fill(page, next) {
  const fields = page.locator('main form[method=post] :is(input[type=text], input:not([type]), textarea)');
  for (const field of await fields.all()) {
    if (!await field.isVisible() || !await field.isEditable()) continue;
    const longest = Number(await field.getAttribute('maxlength') ?? 1000);
    const text = next();
    if (text.length <= longest) await field.fill(text);
  }
}

/** Sends the form that was filled; fields that refuse such text are emptied and it is sent again. */
async function send(page) {
  for (let tries = 0; tries < 4; tries += 1) {
    await page.locator('main form[method=post] button[type=submit]').first().click();
    await page.waitForLoadState();
    assert.deepEqual(await alive(page), [], `${page.url()} after sending`);
    const refused = page.locator('main [aria-invalid=true]');
    if (await refused.count() === 0) return true;
    for (const field of await refused.all()) if (await field.isEditable()) await field.fill('');
  }
  return false;
}

export const scenarios = {
  async 'what was typed is shown and does nothing'(visit, house) {
    visit.expect(400, 404, 409, 413, 422);
    const page = await visit.owner('');
    const dialogs = [];
    page.on('dialog', (dialog) => { dialogs.push(dialog.message()); dialog.dismiss(); });
    let at = 0;
    const next = () => CORPUS[at++ % CORPUS.length];
    let kept = 0;
    for (const form of FORMS) {
      // Twice, so that each field meets another text.
      for (let round = 0; round < 3; round += 1) {
        const answer = await page.goto(house.at(form));
        if (answer.status() === 404) break;
        await fill(page, next);
        if (await page.locator('main form[method=post]').count() && await send(page)) kept += 1;
        at += 1;
      }
    }
    assert.ok(kept >= 6, `only ${kept} forms were taken`);
    // A note with all of it, on the first contact that bears such a name.
    await page.goto(house.at('/people/contacts?q=Zyxw'));
    await page.locator('tbody th[scope=row] a').first().click();
    await page.getByLabel('Note', { exact: true }).fill(CORPUS.join('\n'));
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.locator('.timeline').getByText('Zyxwa').waitFor();
    for (const text of CORPUS) {
      const word = /Zyxw[a-z]/.exec(text)[0];
      const shown = await page.locator('.timeline').getByText(word).first().innerText();
      assert.ok(shown.includes(text) || text.includes('\u202E'), `${text} is shown as ${shown}`);
    }
    // In the address, and from there in a field.
    for (const text of CORPUS) {
      await page.goto(house.at(`/people/contacts?q=${encodeURIComponent(text)}`));
      assert.deepEqual(await alive(page), [], `search for ${text}`);
    }
    const starts = ['', '/people/contacts?q=Zyxw', '/people/companies?q=Zyxw', '/settings/teams', '/settings/roles', '/audit']
      .map((place) => `/w/${house.workspace.slug}${place}`);
    const pages = await crawl(page, house.url, starts, (link) => !/sign-out/.test(link));
    assert.ok(pages.size > 15, `only ${pages.size} pages`);
    let seen = 0;
    for (const path of pages.values()) {
      await page.goto(house.url + path);
      assert.deepEqual(await alive(page), [], path);
      if ((await page.content()).includes('Zyxw')) seen += 1;
    }
    assert.ok(seen >= 5, `the texts stand on ${seen} pages only`);
    assert.deepEqual(dialogs, []);
  },
};
