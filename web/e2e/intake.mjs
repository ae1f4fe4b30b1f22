// How events come in, on the pages: dead letters, lateness, what is missing and its backfill, and messages kept as they came, switched
// on, previewed, replayed and switched off by keyboard alone.
import assert from 'node:assert/strict';
import { keyboard } from './actors.mjs';

const patience = Number(process.env.ARRIVAL_MS ?? 120_000);
const nav = (page, name) => page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name: new RegExp(`^${name}`) }).click();

async function openTab(page, tab) {
  await nav(page, 'Data connectors');
  await page.getByRole('link', { name: /Microsoft Defender XDR/ }).first().click();
  await page.getByRole('tab', { name: tab }).click();
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const facts = (page) => page.getByLabel('What is kept');

export const intake = {
  'a-dead-letter': async (page) => {
    await nav(page, 'Dead letters');
    const groups = page.getByRole('table', { name: 'Dead letters by source, table and reason' });
    await groups.waitFor({ timeout: patience });
    await groups.getByRole('button', { name: /^Only these/ }).first().click();
    await page.waitForURL(/reason=/);
    await page.getByRole('button', { name: /^View record/ }).first().click();
    await page.getByRole('dialog').getByText('this is no record').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove the filter Reason' }).click();
    await page.waitForURL((url) => !url.search.includes('reason'));
  },
  'how-tables-come-in': async (page) => {
    await openTab(page, 'Completeness');
    const table = page.getByRole('table', { name: 'How tables come in' });
    await table.waitFor({ timeout: patience });
    assert.ok((await table.locator('tbody tr').count()) > 5, 'few tables come in');
    await table.getByText(/19 of 20 (within|longer)/).first().waitFor();
    await page.getByRole('table', { name: 'Snapshots' }).waitFor();
    await table.scrollIntoViewIfNeeded();
  },
  'compare-and-backfill': async (page) => {
    await button(page, 'Compare now').click();
    const table = page.getByRole('table', { name: 'Completeness' });
    const row = table.getByRole('row', { name: /^AlertInfo / });
    await row.getByText(/Complete|row.* missing|more than the tenant/).waitFor({ timeout: patience });
    await button(page, 'Backfill AlertInfo').click();
    await row.getByText(/^Done, /).waitFor({ timeout: patience });
    await table.scrollIntoViewIfNeeded();
  },
  'originals-are-off': async (page) => {
    await openTab(page, 'Originals');
    await page.waitForURL(/tab=originals/);
    await page.getByText('Off: nothing is kept').waitFor();
    for (const name of ['Preview', 'Replay']) assert.ok(await button(page, name).isDisabled(), `${name} can be pressed though nothing is kept`);
  },
  'keep-originals': async (page) => {
    const days = page.getByLabel('Days');
    await keyboard.type(page, days, '');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('0');
    await page.getByText('From 1 to 4383 days.').waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('2');
    await keyboard.press(page, button(page, 'Keep messages from now on'));
    await facts(page).getByText('Kept for 2 days').waitFor();
    for (const end = Date.now() + patience; !/in [1-9]\d* files?/.test(await facts(page).innerText()); await page.waitForTimeout(1000)) {
      assert.ok(Date.now() < end, `nothing is kept: ${await facts(page).innerText()}`);
      await page.reload();
      await facts(page).waitFor();
    }
  },
  'preview-a-replay': async (page) => {
    await keyboard.press(page, button(page, 'Preview'));
    await page.getByRole('status').filter({ hasText: /^Preview of .*: [1-9].* messages? read, .* would be stored, / }).waitFor({ timeout: patience });
  },
  'replay': async (page) => {
    await keyboard.press(page, button(page, 'Replay'));
    await page.getByRole('status').filter({ hasText: /^Replay of .*: [1-9].* messages? read, 0 rows stored, [1-9]/ }).waitFor({ timeout: patience });
  },
  'keep-no-originals': async (page) => {
    await keyboard.press(page, button(page, 'Switch off'));
    await page.getByRole('alertdialog', { name: 'Keep no messages?' }).getByText(/are removed for good/).waitFor();
    await keyboard.press(page, button(page, 'Switch off and remove'));
    await page.getByText('Off: nothing is kept').waitFor();
    assert.match(await facts(page).innerText(), /chosen by/);
  },
};
