// Walks the pages that links lead to, one of each kind.

/** Pages of one kind differ in their data alone: a second contact page tells nothing the first did not. */
export const kind = (path) => path.split('?')[0].replace(/\/\d+(?=\/|$)/g, '/{id}').replace(/^\/w\/[^/]+/, '/w/{slug}');

/** What is no page: files, and what only programs read. */
const NO_PAGE = /^\/assets\/|\.(json|csv|txt)$/;
const MOST = 90;

/** One address of each kind that can be reached by links, breadth first. */
export async function crawl(page, origin, starts, keep = () => true) {
  const found = new Map();
  const waiting = [...starts];
  while (waiting.length > 0 && found.size < MOST) {
    const path = waiting.shift();
    if (NO_PAGE.test(path.split('?')[0]) || found.has(kind(path))) continue;
    const answer = await page.goto(origin + path);
    const arrived = new URL(page.url());
    if (!answer.headers()['content-type']?.startsWith('text/html') || found.has(kind(arrived.pathname))) continue;
    found.set(kind(arrived.pathname), arrived.pathname + arrived.search);
    const links = await page.locator('a[href^="/"]:not([data-download]):not([download])').evaluateAll((all) => all.map((link) => link.getAttribute('href').split('#')[0]));
    waiting.push(...links.filter(keep));
  }
  return found;
}

/** Who reaches what: a stranger, the owner of a workspace, and whoever runs the machine. */
export const READERS = [
  { who: 'a stranger', member: () => null, starts: () => ['/sign-in', '/reset', '/reset/sent', '/sign-in/code/enter', '/sign-in/link/sent', '/api/docs'] },
  {
    who: 'the owner', member: (house) => house.member('owner'),
    starts: (house) => [`/w/${house.workspace.slug}`, `/w/${house.workspace.slug}/people/contacts`, '/', '/account/profile', '/account/confirm'],
  },
  { who: 'the operator', member: (house) => house.operator, starts: () => ['/operator', '/'] },
];
