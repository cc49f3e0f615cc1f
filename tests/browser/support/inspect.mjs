// What holds for every page, whatever it shows: WCAG 2.2 AA by axe-core, the house rules, and room on a phone.
import { AXE, PHONE } from './browser.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** WCAG 1.4.10: 1280 px at 400 %. */
const NARROWEST = 320;
const SCHEMES = ['light', 'dark'];

async function violations(page) {
  await page.evaluate(AXE);
  return page.evaluate(async (values) => {
    // An open menu floats above the landmarks, next to the button that opened it.
    const rules = document.querySelector('.menu:popover-open') ? { region: { enabled: false } } : {};
    const found = await window.axe.run(document, { runOnly: { type: 'tag', values }, rules, resultTypes: ['violations'] });
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

/** How far the page is wider than its window, and what a card cuts off: only boxes that say so scroll sideways. */
async function tooWide(page, width) {
  await page.setViewportSize({ width, height: 844 });
  const extra = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const cut = await page.evaluate(() => [...document.querySelectorAll('.table-card, .card')].flatMap((card) => {
    const end = card.getBoundingClientRect().right;
    return [...card.querySelectorAll('a, button, input, td, th, p, dd')].filter((part) => {
      const box = part.getBoundingClientRect();
      if (box.width <= 1 || box.right <= end + 1 || part.closest('[popover], dialog')) return false;
      // A box in between that scrolls, or shortens its text on purpose, takes care of it.
      for (let box = part.parentElement; box !== card; box = box.parentElement) if (getComputedStyle(box).overflowX !== 'visible') return false;
      return true;
    }).slice(0, 1).map((part) => part.outerHTML.replace(/\s+/g, ' ').slice(0, 120));
  }));
  return [...(extra > 0 ? [`${extra} px wider than a window of ${width} px`] : []), ...cut.map((part) => `cut off in a window of ${width} px: ${part}`)];
}

/** What was found, each with all the places it was found at. */
export class Findings {
  constructor() {
    this.found = new Map();
  }

  note(where, problems) {
    for (const problem of problems) this.found.set(problem, new Set(this.found.get(problem)).add(where));
  }

  /** Throws when there is anything. */
  judge() {
    if (this.found.size === 0) return;
    throw new Error([`${this.found.size} problems`, ...[...this.found].map(([what, where]) => `${what}\n  in ${[...where].join(', ')}`)].join('\n'));
  }
}

/** Looks at the page that is open, in both themes, at its present size; a narrow one is made narrower too. */
export async function inspect(page, name, findings) {
  const size = page.viewportSize();
  const narrow = size.width <= PHONE.width;
  if (!narrow) findings.note(name, await houseRules(page));
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    findings.note(`${name} (${narrow ? 'narrow' : 'wide'}, ${colorScheme})`, await violations(page));
  }
  if (narrow) {
    for (const width of [PHONE.width, NARROWEST]) findings.note(name, await tooWide(page, width));
    await page.setViewportSize(size);
  }
}
