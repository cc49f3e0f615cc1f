// Small things that many scenarios do on a page.
import assert from 'node:assert/strict';

/** The one heading of the page says this. */
export async function heading(page, text) {
  await page.getByRole('heading', { level: 1, name: text }).waitFor();
}

/** A form came back: the summary has the focus, names the fields, and the title says so. */
export async function refused(page, ...messages) {
  const summary = page.locator('.error-summary').first();
  await summary.waitFor();
  for (const message of messages) await summary.getByText(message).waitFor();
  assert.match(await page.title(), /^Error: /);
  await page.waitForFunction(() => document.activeElement?.classList.contains('error-summary'));
}

/** What was just done is said at the edge of the page. */
export async function said(page, text) {
  await page.locator('.toasts').getByText(text).waitFor();
}

/** A word that nothing in the demonstration contains. */
export const unlikely = (prefix = 'Quill') => `${prefix}${Math.random().toString(36).slice(2, 8)}`;

/** The rows of the table on the page, without its head. */
export const rows = (page) => page.locator('tbody tr');

/** The names in the first column, as they stand there. */
export async function names(page) {
  return page.locator('tbody th[scope=row] .title').allTextContents();
}
