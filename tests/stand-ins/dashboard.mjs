// Looks at a tier's dashboard with Debian's Chromium: node dashboard.mjs CHROMIUM TIER KINESIS WHAT [OTHER SILO, or SECONDS]. Prints one line of JSON.
// KPL_SCREENSHOTS names a folder, outside the repository, for pictures of the page: light, dark and on a phone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [program, tier, kinesis, what, other] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({
  executablePath: program,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--js-flags=--expose-gc'],
});
const errors = [];

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, reducedMotion: 'no-preference', ...options });
  const page = await context.newPage();
  page.on('console', m => { if (m.type() === 'error') errors.push(m.text()); });
  page.on('pageerror', e => errors.push(e.message));
  page.on('request', r => { if (!r.url().startsWith(tier)) errors.push(`asked for ${r.url()}`); });
  await page.goto(`${tier}/dashboard#stream=events`);
  await page.waitForFunction(() => document.getElementById('link').textContent === 'live' && window.kpl.strip.shards.length > 0 && window.kpl.strip.pulse);
  return page;
}

async function put(lines, at = tier) {
  const response = await fetch(`${at}/streams/events/records`, {
    method: 'POST', headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map(n => JSON.stringify({ partition_key: `key-${n}`, payload: n })).join('\n'),
  });
  return (await response.text()).trim().split('\n').map(l => JSON.parse(l).status);
}

const ledger = (page, row) => page.evaluate(r => Number([...document.querySelectorAll('#ledger tr')]
  .find(t => t.cells[0].textContent === r)?.cells[1].textContent.replaceAll(',', '') ?? 0), row);

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`);
}

const does = {
  async look() {
    const found = {};
    for (const [name, options] of Object.entries({
      light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' }, phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    })) {
      const page = await open(options);
      found[name] = await violations(page);
      found[`${name}_overflow`] = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (process.env.KPL_SCREENSHOTS) await page.screenshot({ path: `${process.env.KPL_SCREENSHOTS}/${name}.png`, fullPage: true });
      found[`${name}_back`] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.context().close();
    }
    return found;
  },
  // Every value changes all the time, which is more than a tier can do.
  async frames() {
    const page = await open();
    return page.evaluate(async () => {
      const { strip } = window.kpl;
      const [begin, at] = [strip.frames, performance.now()];
      while (performance.now() - at < 3000) {
        strip.setPulse({ ...strip.pulse, utilisation: strip.shards.map(() => Math.random() * 1500), throttled: strip.shards.map(() => Math.round(Math.random() * 3)) });
        await new Promise(go => setTimeout(go, 100));
      }
      return { shards: strip.shards.length, per_second: (strip.frames - begin) / ((performance.now() - at) / 1000) };
    });
  },
  async live() {
    const page = await open();
    const took = [];
    for (let round = 1; round <= 3; round++) {
      const before = await ledger(page, 'delivered');
      await put([round]);
      const at = Date.now();
      await page.waitForFunction(b => Number([...document.querySelectorAll('#ledger tr')]
        .find(t => t.cells[0].textContent === 'delivered').cells[1].textContent.replaceAll(',', '')) > b, before, { polling: 20 });
      took.push(Date.now() - at);
    }
    return { took_ms: took };
  },
  // With the keyboard alone.
  async split() {
    const page = await open();
    const before = await page.evaluate(() => window.kpl.strip.shards.length);
    await page.focus('#pick');
    await page.keyboard.press('ArrowRight');
    const picked = await page.getAttribute('#pick', 'aria-valuetext');
    await page.focus('#split');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#dialog[open]');
    const locked = [await page.isDisabled('#do')];
    await page.keyboard.type('event');
    locked.push(await page.isDisabled('#do'));
    const untouched = await page.evaluate(() => window.kpl.strip.shards.length) === before;
    await page.keyboard.type('s');
    locked.push(await page.isDisabled('#do'));
    const inDialog = await violations(page);
    await page.keyboard.press('Enter');
    await page.waitForFunction(b => window.kpl.strip.shards.length === b + 1, before, { timeout: 60000 });
    await page.keyboard.press('Escape');
    const closed = await page.isHidden('#dialog');
    return { before, picked, locked, untouched, violations: inDialog, closed, told: await page.textContent('#confirm-told') };
  },
  async explain() {
    await fetch(`${kinesis}/_faults`, { method: 'POST', body: JSON.stringify({ kind: 'error', type: 'ValidationException', operation: 'PutRecords' }) });
    const page = await open();
    const statuses = await put([1, 2]);
    await page.click('#failures button');
    await page.waitForSelector('#dialog[open] .findings li');
    await fetch(`${kinesis}/_faults`, { method: 'DELETE' });
    return { statuses, text: await page.textContent('#dialog-body'), rows: await page.locator('#failures tr').count() };
  },
  // The page of one silo, while the other one takes the records.
  async silos() {
    const page = await open();
    await put(Array.from({ length: 200 }, (_, n) => n), other);
    await page.waitForFunction(() => window.kpl.strip.shards.every(s => s.owner) && document.querySelectorAll('#silos tr').length === 2, null, { timeout: 60000 });
    const owners = await page.evaluate(() => window.kpl.strip.shards.map(s => s.owner));
    const silos = await page.evaluate(() => [...document.querySelectorAll('#silos tr')].map(r => r.textContent));
    await fetch(`${kinesis}/_faults`, { method: 'POST', body: JSON.stringify({ kind: 'error', type: 'ValidationException', operation: 'PutRecords' }) });
    const statuses = await put([1], other);
    await page.click('#failures button', { timeout: 60000 });
    await page.waitForSelector('#dialog[open] .findings li');
    await fetch(`${kinesis}/_faults`, { method: 'DELETE' });
    return { owners, silos, statuses, text: await page.textContent('#dialog-body') };
  },
  // So many seconds of pulses, with records put all the time, leave nothing behind.
  async memory() {
    const page = await open();
    const session = await page.context().newCDPSession(page);
    const measure = async () => {
      for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage');
      const { jsHeapUsedSize } = Object.fromEntries((await session.send('Runtime.getHeapUsage').then(h => [['jsHeapUsedSize', h.usedSize]])));
      return [jsHeapUsedSize, await page.evaluate(() => document.getElementsByTagName('*').length)];
    };
    // The lines of two minutes fill at first.
    await page.evaluate(() => { for (let i = 0; i < 130; i++) window.kpl.strip.setPulse(window.kpl.strip.pulse); });
    await new Promise(go => setTimeout(go, 5000));
    const first = await measure();
    const until = Date.now() + Number(other) * 1000;
    for (let n = 0; Date.now() < until; n++) {
      await put([n]);
      await new Promise(go => setTimeout(go, 500));
    }
    const last = await measure();
    return { bytes: last[0] - first[0], elements: last[1] - first[1] };
  },
};

try {
  console.log(JSON.stringify({ ...await does[what](), errors }));
} finally {
  await browser.close();
}
