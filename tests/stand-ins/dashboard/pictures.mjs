// A state in four pictures: light and dark, 1,400 and 390 pixels. KPL_SCREENSHOTS names a folder for them, outside the repository.
import { violations } from './browser.mjs';
import { facts } from './facts.mjs';

const folder = process.env.KPL_SCREENSHOTS;

export async function pictures(page, state) {
  const seen = { state, sentence: await page.textContent('#condition'), title: await page.title(), pictures: [] };
  for (const width of [1400, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      // Two frames: the canvases have the new size and colours.
      await page.evaluate(() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go))));
      if (folder) await page.screenshot({ path: `${folder}/${state}-${width}-${scheme}.png`, fullPage: true });
      seen.pictures.push({ name: `${state} ${width} ${scheme}`, back: await page.evaluate(() => getComputedStyle(document.body).backgroundColor), ...await facts(page), violations: await violations(page) });
    }
  }
  seen.text = await page.evaluate(() => document.body.innerText);
  await page.setViewportSize({ width: 1400, height: 900 });
  return seen;
}

export const sentence = (page, pattern, timeout = 90000) =>
  page.waitForFunction(p => new RegExp(p).test(document.getElementById('condition').textContent), pattern, { polling: 100, timeout });
