import { readFileSync } from 'node:fs';

/** Makes a function that looks for barriers on a page: WCAG 2.2, levels A and AA. */
export function makeAxe(require) {
  const source = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  return async (page) => {
    // What is still fading in or out has colours that nobody reads.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getTiming().iterations !== Infinity).map((a) => a.finished)));
    // Run through the debugger: the page's policy does not let it in as a script element.
    await page.evaluate(source);
    // The elements that move focus around dialogs and menus pass it on at once; nobody lands on them.
    const found = await page.evaluate(() => globalThis.axe.run({ exclude: [['[data-tabster-dummy]']] }, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
    return found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
  };
}
