// Makes the states that the page has to tell apart, each on purpose, and takes its pictures.
import { open } from './browser.mjs';
import { begin, fault, mend, put } from './load.mjs';
import { pictures, sentence } from './pictures.mjs';
import { proxy } from './proxy.mjs';

export const states = ({ tier, kinesis, other, victim }) => ({
  // Nothing has been put, then a little is put all the time, then somebody puts to a stream that is not there: one tier sees all three.
  async quick() {
    const page = await open(tier);
    await sentence(page, 'All is well');
    const idle = await pictures(page, 'idle');
    const stop = begin(tier, { records: 20, pause: 50 });
    await page.waitForFunction(() => Number(document.getElementById('n-accepted').textContent.replace(/,/g, '')) > 20 && document.getElementById('n-calls').textContent !== '0');
    const even = await pictures(page, 'even');
    const refused = await put(tier, [1, 2], 'Events');
    // Who opens the page without a stream sees the one that carries load.
    const opened = await open(tier, { stream: '' });
    const first = await opened.evaluate(() => ({
      stream: document.getElementById('stream').value, listed: [...document.querySelectorAll('#streams tr')].map(r => r.cells[0].textContent),
    }));
    // The sums of the picture know an hour in which none of today's processes was there yet.
    const hourAgo = Math.floor(Date.now() / 60000 - 50) * 60000;
    await opened.route('**/heat?span=hour', async r => {
      const picture = await (await r.fetch()).json();
      const rows = { kib_per_second: [], records_per_second: [], utilisation: [], hot_keys: [] };
      picture.columns = [{ from: new Date(hourAgo).toISOString(), minutes: 1, shards: null, user_records_per_second: 1234, marks: [{ row: 0, throttled: 0, failed: 600 }], ...rows }];
      await r.fulfill({ json: picture });
    });
    await opened.reload();
    await opened.waitForFunction(() => window.kpl?.sparks.delivered.points.length > 2 && window.kpl.sparks.failed.points.length > 2);
    first.lines = await opened.evaluate(from => ['delivered', 'failed'].map(n => window.kpl.sparks[n].points.map(([at, value]) => [(at - from) / 60000, value])), hourAgo);
    await stop();
    await page.goto(`${tier}/dashboard#stream=Events`);
    await sentence(page, 'does not exist');
    const misspelt = await pictures(page, 'misspelt');
    return { states: [idle, even, misspelt], refused, first };
  },
  // A line that is longer than the page is old came from the tier, which keeps a value for each half minute.
  async past() {
    const stop = begin(tier, { records: 20, pause: 50 });
    const page = await open(tier);
    let past = 0;
    while (past < 30000) {
      await page.reload();
      await page.waitForFunction(() => window.kpl?.shownAt);
      const [age, length] = await page.evaluate(() => [performance.now(), window.kpl.sparks.accepted.points].map(v => v.length ? v.at(-1)[0] - v[0][0] : v));
      if (length > age) past = length;
    }
    await stop();
    return { states: [await pictures(page, 'past')] };
  },
  // The only stream that the settings name is gone: who opens the page without a stream is told so, and not that it connects.
  async gone() {
    const page = await open(tier, { mayFail: true });
    await fetch(kinesis, {
      method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.DeleteStream' },
      body: JSON.stringify({ StreamName: 'events' }),
    });
    await put(tier, [1]);
    // Whoever looked at it meanwhile sees no shards of it any more.
    await page.waitForSelector('#shards-part', { state: 'hidden' });
    await page.goto(`${tier}/dashboard?fresh`);
    await sentence(page, 'events does not exist');
    return { states: [await pictures(page, 'gone')] };
  },
  // One key has more than its shard takes.
  async hot() {
    const page = await open(tier);
    const stop = begin(tier, { key: 'one', bytes: 20000, records: 20, pause: 10, lanes: 3 });
    await sentence(page, 'is full since .*one key');
    const seen = await pictures(page, 'hot');
    await stop();
    return { states: [seen] };
  },
  async full() {
    const page = await open(tier);
    const stop = begin(tier, { bytes: 20000, records: 40, pause: 10, lanes: 4 });
    await sentence(page, '^2 of 2 shards full since .*: split to 4');
    const seen = await pictures(page, 'full');
    await stop();
    return { states: [seen] };
  },
  // A change of the shards, while it runs and when it has ended.
  async reshard() {
    const page = await open(tier);
    const stop = begin(tier, { records: 20, pause: 100 });
    await fetch(`${tier}/admin/streams/events/scale`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ shards: 12 }) });
    await sentence(page, 'are being changed, step \\d+ of 8');
    await page.waitForSelector('#operations tr');
    const seen = await pictures(page, 'reshard');
    await sentence(page, 'All is well');
    const state = await page.textContent('#operations tr td:nth-child(3)');
    await stop();
    return { states: [seen], state, shards: await page.evaluate(() => window.kpl.strip.shards.length) };
  },
  // Kinesis is away while records are kept; they are delivered when it is back.
  async outage() {
    const page = await open(tier);
    await put(tier, [1], 'events', '?ack=persisted');
    await fault(kinesis, { kind: 'outage' });
    await put(tier, Array.from({ length: 500 }, (_, n) => n), 'events', '?ack=persisted');
    await sentence(page, '^Kinesis is away since .*50\\d records wait, the oldest');
    const seen = await pictures(page, 'outage');
    await mend(kinesis);
    await sentence(page, 'All is well');
    return { states: [seen], delivered: await page.evaluate(() => document.querySelectorAll('#ledger dd')[1].textContent) };
  },
  // The page of one silo, while another one, that took records, is killed.
  async killed() {
    const page = await open(tier);
    await put(other, Array.from({ length: 200 }, (_, n) => n));
    await page.waitForFunction(() => window.kpl.strip.shards.every(s => s.owner) && document.querySelectorAll('#silos tr').length === 2, null, { timeout: 60000 });
    await page.evaluate(() => {
      const condition = document.getElementById('condition');
      window.kpl.told = new Set();
      new MutationObserver(() => window.kpl.told.add(condition.textContent)).observe(condition, { childList: true, characterData: true, subtree: true });
    });
    process.kill(Number(victim), 'SIGKILL');
    await sentence(page, 'was lost at', 180000);
    // A shard has an owner again when a record needs one.
    await put(tier, Array.from({ length: 200 }, (_, n) => n));
    await page.waitForFunction(() => window.kpl.strip.shards.every(s => s.owner) && document.querySelectorAll('#owners i').length === 1, null, { timeout: 60000 });
    const seen = await pictures(page, 'killed');
    return {
      states: [seen], told: await page.evaluate(() => [...window.kpl.told]), silos: await page.evaluate(() => [...document.querySelectorAll('#silos tr')].map(r => r.innerText)),
      balance: await page.textContent('#balance'), missing: await page.textContent('#balance-told'),
    };
  },
  // The tier cannot be reached any more: what is shown is old, and looks it.
  async cut() {
    const way = await proxy(tier);
    const page = await open(way.url, { mayFail: true });
    await put(tier, [1, 2, 3]);
    await page.waitForFunction(() => document.querySelectorAll('#ledger dd')[1].textContent === '3');
    const fresh = await page.evaluate(() => getComputedStyle(document.getElementById('n-accepted')).color);
    // The connection stays, and nothing comes: that is no live tier either.
    way.hush();
    await sentence(page, 'No connection to the tier since', 60000);
    way.speak();
    await sentence(page, 'All is well');
    way.cut();
    await sentence(page, 'No connection to the tier since');
    const old = await page.evaluate(() => getComputedStyle(document.getElementById('n-accepted')).color);
    const seen = [await pictures(page, 'cut')];
    // A tier that wants a credential first: nothing but the question for it.
    const shut = await open(tier, { mayFail: true });
    await shut.route('**/admin/events*', r => r.fulfill({ status: 401, contentType: 'application/json', body: '{}' }));
    await shut.reload();
    await shut.waitForFunction(() => document.getElementById('link').textContent === 'locked');
    seen.push(await pictures(shut, 'locked'));
    return { states: seen, fresh, old, kept: await page.evaluate(() => document.querySelectorAll('#ledger dd')[1].textContent) };
  },
});
