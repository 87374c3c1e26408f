// The browser, and pages of it. A page may neither log an error nor ask anybody but its tier.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const errors = [];
let browser;

export async function launch(program) {
  browser = await chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--js-flags=--expose-gc'],
  });
  return browser;
}

// Opens the page and waits until it shows a second of its stream.
export async function open(tier, { stream = 'events', mayFail = false } = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, reducedMotion: 'no-preference' });
  // Beside other suites a page takes its time.
  context.setDefaultTimeout(120000);
  const page = await context.newPage();
  page.on('console', m => { if (m.type() === 'error' && !mayFail) errors.push(m.text()); });
  page.on('pageerror', e => errors.push(e.message));
  page.on('request', r => { if (!r.url().startsWith(tier)) errors.push(`asked for ${r.url()}`); });
  await page.goto(`${tier}/dashboard${stream ? `#${new URLSearchParams({ stream })}` : ''}`);
  await page.waitForFunction(() => document.getElementById('link').textContent === 'live' && window.kpl.shownAt && window.kpl.strip.shards.length > 0);
  return page;
}

export const ledger = (page, row) => page.evaluate(r => Number([...document.querySelectorAll('#ledger div')]
  .find(t => t.firstElementChild.textContent === r)?.lastElementChild.textContent.replaceAll(',', '') ?? 0), row);

export async function violations(page) {
  if (!await page.evaluate(() => Boolean(globalThis.axe))) await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'] }));
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`);
}
