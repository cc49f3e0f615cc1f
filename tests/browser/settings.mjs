// Who may come in, what each may do, and which programs act for them.
import assert from 'node:assert/strict';
import { heading, refused, said, unlikely } from './support/page.mjs';

/** The link in the newest mail to somebody, as the operator reads it where no mail server is set. */
async function mailedLink(visit, house, email) {
  const page = await visit.as(house.operator, null);
  await page.goto(`${house.url}/operator/mail`);
  await page.getByRole('row').filter({ hasText: email }).first().getByRole('link', { name: 'Read' }).click();
  await heading(page, 'A mail');
  const [link] = (await page.locator('pre').innerText()).match(/https:\/\/\S+/);
  return link;
}

export const scenarios = {
  async 'a role is made, changed, compared and deleted'(visit) {
    const page = await visit.owner('/settings/roles');
    await heading(page, 'Roles');
    await page.getByRole('link', { name: 'New role' }).click();
    const name = unlikely('Night desk ');
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Contacts: see').selectOption('team');
    await page.getByRole('button', { name: 'Save the role' }).click();
    await page.waitForURL(/\/settings\/roles(\/?$|\?)/);
    await page.getByRole('link', { name }).click();
    assert.equal(await page.getByLabel('Contacts: see').inputValue(), 'team');
    await page.getByLabel('Ask for the second step').check();
    await page.getByRole('button', { name: 'Save the role' }).click();
    await page.waitForURL(/\/settings\/roles(\/?$|\?)/);
    await page.getByRole('row').filter({ hasText: name }).getByText('Asked for').waitFor();
    await page.getByRole('link', { name }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete the role' }).click();
    await said(page, 'Deleted.');
    assert.equal(await page.getByRole('link', { name }).count(), 0);
  },

  async 'a role of a taken name is refused'(visit) {
    visit.expect(409, 422);
    const page = await visit.owner('/settings/roles/new');
    await page.getByLabel('Name').fill('Owner');
    await page.getByRole('button', { name: 'Save the role' }).click();
    await refused(page);
    assert.equal(await page.getByLabel('Name').inputValue(), 'Owner');
  },

  async 'somebody is invited, makes an account and works'(visit, house) {
    const page = await visit.owner('/settings/invitations/new');
    const email = `${unlikely('guest')}@quill.example`;
    await page.getByLabel('Email address').fill(email);
    await page.getByRole('radio', { name: /^Member/ }).check();
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    await said(page, 'The invitation is on its way.');
    const row = page.getByRole('row').filter({ hasText: email });
    await row.waitFor();

    const guest = await visit.fresh();
    await guest.goto(await mailedLink(visit, house, email));
    await heading(guest, `Join ${house.workspace.name}`);
    await guest.getByLabel('Your name').fill('Gwen Guest');
    await guest.getByLabel('Choose a password').fill('seven grey herons over the weir');
    await guest.getByLabel('I am 16 or older').check();
    await guest.getByRole('button', { name: 'Make an account and join' }).click();
    await guest.waitForURL((url) => !url.pathname.startsWith('/invitation'));
    await guest.goto(house.at('/people/contacts'));
    await heading(guest, 'Contacts');

    await page.reload();
    assert.equal(await row.filter({ hasText: 'Withdraw' }).count(), 0);
    await page.getByRole('link', { name: 'Gwen Guest' }).click();
    await page.getByRole('button', { name: 'Suspend…' }).click();
    await page.getByRole('dialog', { name: 'Suspend this member?' }).getByRole('button', { name: 'Suspend' }).click();
    await said(page, 'Suspended.');
    visit.expect(403, 404);
    await guest.goto(house.at('/people/contacts'));
    assert.equal(await guest.getByRole('heading', { level: 1, name: 'Contacts' }).count(), 0, 'a suspended member is out at once');
    await page.getByRole('link', { name: 'Remove…' }).click();
    await page.getByRole('button', { name: 'Remove Gwen Guest' }).click();
    await said(page, 'Removed.');
  },

  async 'an invitation is withdrawn and its link is over'(visit, house) {
    visit.expect(404, 410);
    const page = await visit.owner('/settings/invitations/new');
    const email = `${unlikely('gone')}@quill.example`;
    await page.getByLabel('Email address').fill(email);
    await page.getByRole('radio', { name: /^Viewer/ }).check();
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    const link = await mailedLink(visit, house, email);
    await page.getByRole('row').filter({ hasText: email }).getByRole('button', { name: 'Withdraw' }).click();
    await said(page, 'withdrawn');
    const guest = await visit.fresh();
    await guest.goto(link);
    await heading(guest, 'This invitation is over');
  },

  async 'a member’s role changes what they see with the next click'(visit, house) {
    visit.expect(403);
    const member = house.workspace.members.filter(({ role }) => role === 'member').at(-1);
    const theirs = await visit.as(member, '/people/contacts');
    const add = theirs.locator('.page-head').getByRole('link', { name: 'Add a contact' });
    await add.waitFor();
    const page = await visit.owner('/settings/members');
    const become = async (role) => {
      await page.goto(house.at('/settings/members'));
      await page.getByRole('row').filter({ hasText: member.email }).getByRole('link').click();
      await page.getByRole('link', { name: 'Change the role' }).click();
      await page.getByRole('radio', { name: role }).check();
      await page.getByRole('button', { name: 'Give this role' }).click();
      await said(page, 'The new role holds');
    };
    await become(/^Viewer/);
    await theirs.reload();
    assert.equal(await add.count(), 0);
    await become(/^Member/);
    await theirs.reload();
    await add.waitFor();
  },

  async 'a team is made and deleted'(visit) {
    const page = await visit.owner('/settings/teams');
    await page.getByRole('link', { name: 'New team' }).click();
    const name = unlikely('Crew ');
    await page.getByLabel('Name').fill(name);
    await page.locator('input[name=members]').first().check();
    await page.getByRole('button', { name: 'Save the team' }).click();
    await page.getByRole('link', { name }).click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the team' }).click();
    await said(page, 'Deleted.');
  },

  async 'an API token is shown once, works, and is revoked'(visit, house) {
    visit.expect(401, 422);
    const page = await visit.owner('/settings/tokens/new');
    const name = unlikely('Program ');
    await page.getByRole('button', { name: 'Make the token' }).click();
    await refused(page);
    await page.getByLabel('Name').fill(name);
    await page.locator('input[name=scopes][value="people.contacts.view"], input[name=scopes]').first().check();
    await page.getByRole('button', { name: 'Make the token' }).click();
    await heading(page, 'Your new token');
    const token = await page.locator('#token code').innerText();
    assert.match(token, /^hf_[a-z0-9]{40,}$/);
    const ask = () => page.request.get(`${house.url}/api/v1/contacts?limit=1`, { headers: { authorization: `Bearer ${token}`, cookie: '' } });
    assert.equal((await ask()).status(), 200);
    await page.getByRole('link', { name: 'I have copied it' }).click();
    const row = page.getByRole('row').filter({ hasText: name });
    await row.waitFor();
    assert.ok(!(await page.content()).includes(token), 'the list does not hold the token');
    await row.getByRole('button', { name: 'Revoke…' }).click();
    await page.locator('dialog[open]').getByRole('button', { name: 'Revoke' }).click();
    await said(page, 'Revoked.');
    assert.equal((await ask()).status(), 401);
  },

  async 'the workspace is renamed'(visit, house) {
    const page = await visit.owner('/settings/general');
    const field = page.getByLabel('Name of the workspace');
    await field.fill('Saltmere & Co');
    await page.getByRole('button', { name: 'Save the name' }).click();
    await said(page, 'Saved.');
    await page.locator('.sidebar').getByText('Saltmere & Co').waitFor();
    await field.fill(house.workspace.name);
    await page.getByRole('button', { name: 'Save the name' }).click();
    await page.locator('.sidebar').getByText(house.workspace.name).waitFor();
  },
};
