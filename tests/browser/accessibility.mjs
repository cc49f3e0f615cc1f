// Every page that links lead to, in both themes and both widths, under axe-core (WCAG 2.2 AA).

import { AXE, expect, member, oneCookie, open, signIn, test } from './harness.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WAYS = [
  { name: 'light, wide', colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { name: 'dark, narrow', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  { name: 'dark, wide', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'light, narrow', colorScheme: 'light', viewport: { width: 390, height: 844 } },
];
/** Pages of one kind differ in their data alone. */
const kind = (path) => path.split('?')[0].replace(/\/\d+(?=\/|$)/g, '/{id}');

/** One address of each kind that can be reached by links. */
async function reachable(page, starts) {
  const found = new Map();
  const waiting = [...starts];
  while (waiting.length > 0) {
    const path = waiting.shift();
    if (found.has(kind(path))) continue;
    const answer = await page.goto(path).catch(() => null); // A download is no page.
    if (!answer?.headers()['content-type']?.startsWith('text/html')) continue;
    found.set(kind(path), path);
    const links = await page.locator('a[href^="/"]').evaluateAll((links) => links.map((link) => link.getAttribute('href').split('#')[0]));
    waiting.push(...links.filter((link) => !link.startsWith('/assets') && !link.endsWith('.json')));
  }
  return [...found.values()];
}

async function check(page, path) {
  await page.goto(path);
  await page.addScriptTag({ path: AXE }).catch(() => {});
  const results = await page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
  }, RULES);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wider > 0) results.push(`the page is ${wider} px wider than the window`);
  return results;
}

export async function accessibility(browser, demo) {
  const home = `/w/${demo.workspaces[0].slug}`;
  const people = [
    { who: 'a stranger', person: null, starts: ['/sign-in', '/reset', '/api/docs', '/nowhere'] },
    { who: 'an owner', person: member(demo, 'owner'), starts: ['/', home, '/account/profile', '/account/security'] },
    { who: 'the operator', person: demo.operator, starts: ['/operator'] },
  ];
  for (const { who, person, starts } of people) {
    const scout = await open(browser, demo);
    if (person) await signIn(scout, person);
    const paths = await reachable(scout, starts);
    const storageState = await scout.context().storageState();
    await test(`${who} reaches pages`, async () => {
      expect(paths.length >= starts.length - 1, `only ${paths}`);
      await oneCookie(scout);
    });
    await scout.context().close();
    for (const { name, ...way } of WAYS) {
      // axe is put into the page by the test, which the page's own policy would refuse.
      const page = await open(browser, demo, { ...way, storageState, bypassCSP: true, reducedMotion: 'reduce' });
      for (const path of paths) {
        await test(`axe, ${who}, ${name}: ${path}`, async () => {
          const violations = await check(page, path);
          expect(violations.length === 0, violations.join('\n'));
        });
      }
      await page.context().close();
    }
  }
}
