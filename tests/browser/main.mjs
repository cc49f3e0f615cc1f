// Runs the scenarios against one demonstration: node main.mjs [theme…]
import { launch } from './support/browser.mjs';
import { House } from './support/server.mjs';
import { Visit } from './support/visit.mjs';

const THEMES = [
  'sign-in', 'contacts', 'fields', 'lists', 'custom-lists', 'views', 'bulk', 'merging', 'search', 'companies', 'attachments', 'imports', 'notifications', 'settings', 'data-export', 'account', 'audit', 'consent', 'requests', 'two-people', 'retention', 'erasure', 'operator', 'backups', 'comfort', 'inert', 'nojs', 'pages',
];
/** Longer than any scenario takes; a page that never comes must not stop the run. */
const LONGEST_MS = 120_000;

const chosen = process.argv.length > 2 ? process.argv.slice(2) : THEMES;
const house = await House.start();
const browser = await launch();
let passed = 0;
let failed = 0;

async function run(name, scenario) {
  const started = Date.now();
  const visit = new Visit(browser, house);
  const problems = [];
  let timer;
  try {
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('took too long')), scenario.longest ?? LONGEST_MS); });
    await Promise.race([scenario(visit, house), late]);
  } catch (error) {
    problems.push(error.stack.replace(/\n\s+at (?!.*tests\/browser\/[a-z-]+\.mjs).*/g, ''));
  }
  clearTimeout(timer);
  problems.push(...await visit.end());
  if (problems.length) failed += 1; else passed += 1;
  console.log(`${problems.length ? 'FAIL' : 'ok  '} ${name} (${Date.now() - started} ms)`);
  problems.forEach((problem) => console.log(`     ${problem.replaceAll('\n', '\n     ')}`));
}

try {
  for (const theme of chosen) {
    const { scenarios } = await import(`./${theme}.mjs`);
    for (const [name, scenario] of Object.entries(scenarios)) await run(`${theme}: ${name}`, scenario);
  }
} finally {
  await browser.close();
  await house.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
