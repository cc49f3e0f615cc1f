// Debian's chromium, driven by playwright-core; both libraries live in target/browser (see ../run).
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(new URL('../../../target/browser/package.json', import.meta.url));
const { chromium } = require('playwright-core');

/** The source of axe-core, to be evaluated in a page. */
export const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Without the last four, chromium itself looks up hosts of its maker at every start. */
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps',
];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
