// The browser tests: a real browser on the demonstration.

import { accessibility } from './accessibility.mjs';
import { finish, startBrowser, startDemo } from './harness.mjs';
import { everydayWork } from './everyday.mjs';
import { withoutScript } from './without_script.mjs';

let demo;
let browser;
try {
  demo = await startDemo();
  browser = await startBrowser();
  for (const suite of [everydayWork, withoutScript, accessibility]) {
    await suite(browser, demo);
  }
} catch (error) {
  console.log(error.stack ?? error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
await browser?.close();
await demo?.stop();
if (!finish()) process.exitCode = 1;
