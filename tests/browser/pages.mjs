// Every page that links lead to: WCAG 2.2 AA in both themes and on both sizes, and what holds for each page.
import assert from 'node:assert/strict';
import { AXE, PHONE, WIDE } from './support/browser.mjs';
import { crawl, READERS } from './support/crawl.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SIZES = { wide: WIDE, narrow: PHONE };

async function violations(page) {
  await page.evaluate(AXE);
  return page.evaluate(async (values) => {
    const found = await window.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] });
    return found.violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => {
      const why = node.failureSummary?.split('\n')[1]?.trim() ?? '';
      return `${id}: ${node.html.replace(/\s+/g, ' ').slice(0, 140)} (${why.slice(0, 160)})`;
    }));
  }, RULES);
}

/** What is true of every page, whatever it shows. */
const houseRules = (page) => page.evaluate(() => {
  const wrong = [];
  const count = (selector) => document.querySelectorAll(selector).length;
  if (count('h1') !== 1) wrong.push(`${count('h1')} h1`);
  if (count('[style], style')) wrong.push(`styles in the page: ${document.querySelector('[style], style').outerHTML.slice(0, 140)}`);
  if (count('script:not([src])')) wrong.push('a script in the page');
  if (!document.title.endsWith(' · Holdfast') || document.title.startsWith(' ')) wrong.push(`title: ${document.title}`);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length) wrong.push(`ids used twice: ${[...new Set(twice)].join(', ')}`);
  for (const use of document.querySelectorAll('svg use')) {
    // A picture that the sprite lacks is drawn as nothing.
    const box = use.getBBox();
    if (use.closest('svg').getClientRects().length && box.width === 0 && box.height === 0) wrong.push(`no icon ${use.getAttribute('href').split('#')[1]}`);
  }
  for (const form of document.querySelectorAll('form[method=post]')) {
    if (!form.querySelector('input[name=_csrf]')?.value) wrong.push(`a form without its token: ${form.getAttribute('action')}`);
  }
  const primary = document.querySelectorAll('main :not(dialog) > .button.primary, main .button.primary');
  const seen = [...primary].filter((button) => !button.closest('dialog, .composer, [popover]') && button.getClientRects().length);
  if (seen.length > 1) wrong.push(`${seen.length} main actions: ${seen.map((button) => button.textContent.trim()).join(', ')}`);
  return [...new Set(wrong)];
});

/** How far the page is wider than its window; sideways scrolling is for boxes that say so. */
async function tooWide(page, width) {
  await page.setViewportSize({ width, height: 844 });
  const extra = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return extra > 0 ? [`${extra} px wider than a window of ${width} px`] : [];
}

function scenario({ member, starts }) {
  const check = async (visit, house) => {
    const someone = member(house);
    const scout = someone ? await visit.as(someone, null) : await visit.fresh();
    const found = await crawl(scout, house.url, starts(house));
    assert.ok(found.size >= 5, `only ${[...found.keys()]}`);
    const storageState = await scout.context().storageState();
    const problems = [];
    for (const [size, viewport] of Object.entries(SIZES)) {
      // axe is put into the page by the test, which the page's own policy would refuse.
      const page = await visit.fresh({ storageState, viewport, bypassCSP: true, hasTouch: size === 'narrow', isMobile: size === 'narrow' });
      for (const [kind, path] of found) {
        await page.goto(house.url + path);
        const note = (theme, list) => problems.push(...list.map((problem) => `${kind} (${size}, ${theme}): ${problem}`));
        if (size === 'wide') note('light', await houseRules(page));
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          note(colorScheme, await violations(page));
        }
        if (size === 'narrow') {
          for (const width of [PHONE.width, 320]) note('dark', await tooWide(page, width));
          await page.setViewportSize(PHONE);
        }
      }
    }
    console.log(`     ${found.size} pages, each in two sizes and two themes`);
    assert.deepEqual([...new Set(problems)], []);
  };
  check.longest = 600_000;
  return check;
}

export const scenarios = Object.fromEntries(READERS.map((reader) => [`what ${reader.who} reaches`, scenario(reader)]));
