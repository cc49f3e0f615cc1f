// Pictures of every page for people to look at, in target/shots: node shots.mjs
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, PHONE, WIDE } from './support/browser.mjs';
import { crawl, READERS } from './support/crawl.mjs';
import { House } from './support/server.mjs';
import { Visit } from './support/visit.mjs';

const FOLDER = fileURLToPath(new URL('../../target/shots', import.meta.url));
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const house = await House.start();
const browser = await launch();
const visit = new Visit(browser, house);
let taken = 0;
for (const { member, starts } of READERS) {
  const someone = member(house);
  const scout = someone ? await visit.as(someone, null) : await visit.fresh();
  const found = await crawl(scout, house.url, starts(house));
  const storageState = await scout.context().storageState();
  for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: PHONE })) {
    const narrow = size === 'narrow';
    const page = await visit.fresh({ storageState, viewport, hasTouch: narrow, isMobile: narrow, deviceScaleFactor: narrow ? 2 : 1 });
    for (const [kind, address] of found) {
      await page.goto(house.url + address);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const name = kind.replaceAll(/[{}]/g, '').replaceAll('/', '-').replace(/^-|-$/g, '') || 'start';
        await page.screenshot({ path: path.join(FOLDER, `${name}.${size}.${colorScheme}.png`), fullPage: !narrow });
        taken += 1;
      }
    }
  }
}
await visit.end();
await browser.close();
await house.stop();
console.log(`${taken} pictures in ${FOLDER}`);
