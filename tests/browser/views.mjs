// Conditions and views: from a field of the workspace's own to the file of a view.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { heading, names, refused, said, unlikely } from './support/page.mjs';

const LIST = '/people/contacts';

async function defineNumber(page, house, label) {
  await page.goto(house.at('/settings/fields/new'));
  await page.getByLabel('Name', { exact: true }).fill(label);
  await page.getByLabel('Kind', { exact: true }).selectOption('number');
  await page.locator('input[name=is_personal][value=no]').check();
  await page.getByRole('button', { name: 'Add the field' }).click();
  await page.waitForURL(/\/settings\/fields(\?|$)/);
}

async function addPerson(page, house, family, label, value) {
  await page.goto(house.at(`${LIST}/new`));
  await page.getByLabel('Family name').fill(family);
  if (value) await page.getByLabel(label).fill(value);
  await page.getByRole('button', { name: 'Add the contact' }).click();
  await page.waitForURL(/\/contacts\/\d+/);
}

/** Chooses the field of a condition, by its number, and waits until the operators are its own. */
async function ask(page, number, field, operator, value, script) {
  // With the script the form is drawn anew at each change; what is typed before that is lost.
  const choose = async (select, option) => {
    if (script) await page.locator('#builder').evaluate((form) => { form.dataset.before = ''; });
    await select.selectOption({ label: option });
    if (script) await page.locator('#builder:not([data-before])').waitFor();
    else await page.getByRole('button', { name: 'Take over the fields' }).click();
  };
  await choose(page.getByLabel(`Field of condition ${number}`), field);
  await choose(page.getByLabel(`How condition ${number} is asked`), operator);
  if (value !== undefined) await page.getByLabel(new RegExp(`^Values? of condition ${number}`)).fill(value);
}

async function fromFieldToFile(visit, house, options, script) {
  visit.expect(422);
  const page = await visit.owner('', options);
  const [label, name] = [unlikely('Berths'), unlikely('Large berths')];
  await defineNumber(page, house, label);
  const [small, large, none] = [unlikely('Skiff'), unlikely('Barge'), unlikely('Ashore')];
  for (const [family, value] of [[small, '2'], [large, '40'], [none, '']]) await addPerson(page, house, family, label, value);

  await page.goto(house.at(LIST));
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByRole('link', { name: 'More conditions' }).click();
  await page.getByRole('group', { name: 'The conditions' }).waitFor();
  await ask(page, 1, label, 'is more than', undefined, script);
  await page.getByRole('button', { name: 'Show these', exact: true }).last().click();
  await refused(page, `${label} is compared with a value. Enter one.`);
  await page.getByLabel('Value of condition 1').fill('10');
  await page.getByRole('button', { name: 'Add a group' }).first().click();
  await page.getByLabel('Field of condition 2').waitFor();
  await ask(page, 2, 'Family name', 'contains', large.slice(0, 8).toLowerCase(), script);
  await page.getByRole('button', { name: 'Add a condition' }).first().click();
  await ask(page, 3, 'Family name', 'contains', 'nobody has this', script);
  await page.getByRole('button', { name: 'Show these', exact: true }).last().click();
  await page.waitForURL(/filter=/);
  assert.deepEqual(await names(page), [large]);

  await page.getByRole('link', { name: 'Save as a view' }).click();
  await heading(page, 'Save a view');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Everybody here').check();
  await page.getByLabel(label, { exact: true }).check();
  await page.getByRole('button', { name: 'Save the view' }).click();
  await page.waitForURL(/view=\d+/);
  if (script) await said(page, 'The view is saved.');
  const tabs = page.getByRole('navigation', { name: 'Views of people' });
  assert.match(await tabs.locator('[aria-current=page]').innerText(), new RegExp(name));
  if (script) await tabs.locator('[aria-current=page] .count').getByText('1', { exact: true }).waitFor();
  assert.deepEqual(await names(page), [large]);
  await page.getByRole('columnheader', { name: label }).waitFor();

  await page.getByRole('link', { name: 'Export' }).click();
  await heading(page, 'Export contacts');
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the file' }).click();
  const text = readFileSync(await (await coming).path(), 'utf8');
  assert.match(text.split('\r\n')[0], /^\ufeffid,given_name,family_name,emails,custom\/[a-z0-9_]+$/);
  assert.ok(text.includes(large) && text.includes(',40') && !text.includes(small) && !text.includes(none), text);
  return { page, name };
}

export const scenarios = {
  async 'a field, conditions on it, a view of them, and its file'(visit, house) {
    const { page, name } = await fromFieldToFile(visit, house, {}, true);
    // Changed above the list, renamed, and taken away again.
    await page.goto(house.at('/people/views'));
    await page.getByRole('link', { name: `Change ${name}` }).click();
    await page.getByLabel('Name', { exact: true }).fill(`${name} two`);
    await page.getByRole('button', { name: 'Save the view' }).click();
    await page.waitForURL(/view=\d+/);
    await page.getByRole('link', { name: 'Change the view' }).click();
    await page.getByRole('link', { name: 'Change the conditions' }).click();
    await page.getByRole('button', { name: 'Remove Group 1.2', exact: true }).or(page.getByRole('button', { name: /^Remove Group/ })).first().click();
    await page.getByRole('button', { name: `Save to ${name} two` }).click();
    await page.waitForURL(/view=\d+/);
    await page.getByRole('link', { name: 'Change the view' }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete the view' }).click();
    await said(page, 'The view is gone.');
    assert.equal(await page.getByRole('link', { name: `${name} two` }).count(), 0);
  },

  async 'the same without any script'(visit, house) {
    await fromFieldToFile(visit, house, { javaScriptEnabled: false }, false);
  },
};
