// Starts a demonstration and a browser, counts what passed, and watches every page for what must never happen.

import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('../../', import.meta.url);
const require = createRequire(new URL('target/browser/', root));
const { chromium } = require('playwright-core');
export const AXE = require.resolve('axe-core/axe.min.js');

/** Starts `holdfast demo` in a fresh folder; resolves to its facts and a way to stop it. */
export function startDemo() {
  const program = process.env.HOLDFAST_PROGRAM;
  if (!program) throw new Error('HOLDFAST_PROGRAM names the program to test');
  const data = mkdtempSync(join(tmpdir(), 'holdfast-browser-'));
  const server = spawn(program, ['demo', '--data', data, '--listen', '127.0.0.1:0', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => new Promise((stopped) => {
    server.once('exit', () => { rmSync(data, { recursive: true, force: true }); stopped(); });
    if (server.exitCode !== null || !server.kill('SIGTERM')) server.emit('exit');
  });
  let log = '';
  server.stderr.on('data', (bytes) => { log += bytes; });
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error(`the demonstration did not start: ${log}`)), 300_000);
    let text = '';
    server.stdout.on('data', (bytes) => {
      text += bytes;
      const line = text.split('\n').find((line) => line.startsWith('{'));
      if (line && text.includes('\n')) {
        clearTimeout(tooLate);
        resolve({ ...JSON.parse(line), stop, log: () => log });
      }
    });
    server.on('exit', (code) => reject(new Error(`the demonstration ended with ${code}: ${log}`)));
  });
}

export function startBrowser() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

const faults = [];
let passed = 0;
let failed = 0;

/** A page that reports requests to other hosts, broken policies and script errors. */
export async function open(browser, demo, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, baseURL: demo.url, viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(demo.url) && !url.startsWith('data:') && !url.startsWith('about:')) faults.push(`a request to ${url}`);
  });
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  return page;
}

/** Runs one test; a failure is told and counted, and the next one runs. */
export async function test(name, work) {
  const before = faults.length;
  try {
    await work();
    if (faults.length > before) throw new Error(faults.slice(before).join('\n'));
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${String(error.stack ?? error).split('\n').slice(0, 25).join('\n     ')}`);
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

export function expect(condition, words) {
  if (!condition) throw new Error(words);
}

/** The six digits of an authenticator (RFC 6238). */
export function totp(secret, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/[= ]/g, '').toUpperCase()].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const code = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, '0');
}

/** Somebody of the demonstration with this role. */
export function member(demo, role, workspace = 0) {
  const found = demo.workspaces[workspace].members.find((member) => member.role === role);
  if (!found) throw new Error(`the demonstration has no ${role}`);
  return found;
}

/** Types email address, password and, where it is asked for, the code. */
export async function signIn(page, person) {
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in' || url.search.includes('error'));
  if (new URL(page.url()).pathname.startsWith('/sign-in/second-step')) {
    expect(person.totp_secret, `${person.email} is asked for a code, but has none`);
    await page.getByLabel('Six-digit code').fill(totp(person.totp_secret));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  }
}

/** Exactly one cookie, and the one it should be. */
export async function oneCookie(page) {
  const cookies = await page.context().cookies();
  expect(cookies.length === 1 && cookies[0].name === '__Host-holdfast' && cookies[0].httpOnly && cookies[0].secure,
    `cookies: ${JSON.stringify(cookies.map(({ name }) => name))}`);
}
