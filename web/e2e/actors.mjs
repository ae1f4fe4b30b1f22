// Two ways of doing the same things: with a mouse, and with nothing but a keyboard.

/** Somebody with a mouse. */
export const mouse = {
  name: 'mouse',
  press: (_page, target) => target.click(),
  type: async (_page, target, text) => {
    await target.click();
    await target.pressSequentially(text);
  },
};

/** Most presses of Tab that a page may ask for to get somewhere. */
const reach = 250;

/** Presses Tab until the target has the focus: what cannot be reached this way is not usable by keyboard. */
async function tabTo(page, target) {
  await target.waitFor();
  for (let i = 0; i < reach; i++) {
    // The target itself, or the field inside it that takes the keys.
    if (await target.evaluate((element) => element === document.activeElement || (element.contains(document.activeElement) && document.activeElement?.matches('textarea')))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${target}`);
}

/** Somebody with a keyboard only. */
export const keyboard = {
  name: 'keyboard',
  press: async (page, target) => {
    await tabTo(page, target);
    const ticks = await target.evaluate((e) => e.matches('input[type=checkbox], input[type=radio]'));
    await page.keyboard.press(ticks ? 'Space' : 'Enter');
  },
  type: async (page, target, text) => {
    await tabTo(page, target);
    await page.keyboard.type(text);
  },
};
