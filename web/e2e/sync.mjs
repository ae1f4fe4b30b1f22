// Conflicts and refused edits, settled by their buttons, against the simulated tenant: what a button says is what the tenant
// then has. Filters that were saved are there in another browser.
//
// environment: SIM_CONTROL and SIM_PORTAL, the addresses of the simulated tenant.
import assert from 'node:assert/strict';

const { SIM_CONTROL, SIM_PORTAL } = process.env;
const patience = 90_000;
const kept = {};

async function tell(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(response.ok, `${url}: ${response.status} ${await response.text()}`);
}

const theirs = async (id) => (await fetch(`${SIM_PORTAL}/api/incidents/${id}`)).json();

/** Waits until f returns something true. */
async function until(what, f) {
  for (const end = Date.now() + patience; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 300))) {
    if (await f()) return;
  }
  assert.fail(`not in time: ${what}`);
}

/** Asks the server as the page would. */
async function ask(page, method, path, data) {
  const response = await page.request.fetch(`${kept.root}${path}`, { method, data });
  assert.ok(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`);
  return response.status() === 204 ? undefined : response.json();
}

/** Changes the title on both sides before either has seen the other, and opens what came of it. */
async function clash(page, ours, other) {
  const { incidentNumber, providerIncidentId } = kept.incident;
  await tell(`${SIM_CONTROL}/fault`, { target: 'graph', kind: '503', path: `/security/incidents/${providerIncidentId}`, seconds: 4 });
  await ask(page, 'PATCH', `/incidents/${incidentNumber}`, { title: ours });
  await tell(`${SIM_PORTAL}/api/incidents/${providerIncidentId}`, { displayName: other });
  await page.goto(`/w/${kept.workspace}/incidents/${incidentNumber}?tab=activity`);
  const card = page.getByRole('region', { name: /^Conflict on/ });
  await card.waitFor({ timeout: patience });
  return card;
}

export const sync = {
  'an-open-incident': async (page) => {
    kept.workspace = new URL(page.url()).pathname.split('/')[2];
    kept.root = `/api/w/${kept.workspace}`;
    await tell(`${SIM_CONTROL}/pause`, {});
    await until('an open incident is in step', async () => {
      const { items } = await ask(page, 'GET', '/incidents?status=New,Active&sync=synced&limit=1');
      kept.incident = items[0];
      return kept.incident;
    });
  },
  'apply-the-other-value': async (page) => {
    const card = await clash(page, 'Ours stands', 'Theirs came first');
    await card.getByText('Theirs came first').first().waitFor();
    await card.getByRole('button', { name: /Apply .*Ours stands.* instead/ }).click();
    await card.waitFor({ state: 'detached', timeout: patience });
    await until('the tenant has our title', async () => (await theirs(kept.incident.providerIncidentId)).displayName === 'Ours stands');
  },
  'keep-what-is-in-force': async (page) => {
    const card = await clash(page, 'Ours again', 'Theirs stands');
    await card.getByRole('button', { name: 'Keep what is in force' }).click();
    await card.waitFor({ state: 'detached', timeout: patience });
    await until('both have their title', async () => {
      const here = await ask(page, 'GET', `/incidents/${kept.incident.incidentNumber}?alerts=0`);
      return here.title === 'Theirs stands' && (await theirs(kept.incident.providerIncidentId)).displayName === 'Theirs stands';
    });
  },
  'send-again-and-give-up': async (page) => {
    await tell(`${SIM_CONTROL}/modes`, { writable: 'documented' });
    await ask(page, 'PATCH', `/incidents/${kept.incident.incidentNumber}`, { title: 'Refused' });
    await page.goto(`/w/${kept.workspace}/incidents/${kept.incident.incidentNumber}`);
    const card = page.getByRole('region', { name: 'Synchronisation with Defender' });
    await card.getByText('refused by Defender').waitFor({ timeout: patience });
    await tell(`${SIM_CONTROL}/modes`, { writable: 'all' });
    await card.getByRole('button', { name: 'Send again' }).click();
    await until('the tenant takes it now', async () => (await theirs(kept.incident.providerIncidentId)).displayName === 'Refused');
    await card.getByText('refused by Defender').waitFor({ state: 'detached', timeout: patience });
    await tell(`${SIM_CONTROL}/modes`, { writable: 'documented' });
    await ask(page, 'PATCH', `/incidents/${kept.incident.incidentNumber}`, { title: 'Given up' });
    await card.getByText('refused by Defender').waitFor({ timeout: patience });
    await card.getByRole('button', { name: 'Give up' }).click({ timeout: patience });
    await page.getByRole('heading', { name: /Refused/ }).waitFor({ timeout: patience });
    await tell(`${SIM_CONTROL}/modes`, { writable: 'all' });
    assert.equal((await ask(page, 'GET', `/incidents/${kept.incident.incidentNumber}?alerts=0`)).title, 'Refused');
  },
  'saved-filters-in-another-browser': async (page) => {
    await page.goto(`/w/${kept.workspace}/incidents?severity=High`);
    await page.getByRole('button', { name: 'Save filters' }).click();
    await page.getByLabel('Name of these filters').fill('Only high');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Saved filters' }).waitFor();
    await until('the server has them', async () => (await ask(page, 'GET', '/preferences/incidents.views')).value?.[0]?.name === 'Only high');
    await page.goto(`/w/${kept.workspace}/incidents`);
    await page.evaluate(() => localStorage.clear()); // another browser remembers nothing
    await page.reload();
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'Only high' }).first().click();
    await page.waitForURL(/severity=High/);
  },
};
