// Loads that are made on purpose, each on a stream of its own, and the picture that each leaves on the page.
import { open, violations } from './browser.mjs';
import { fault, mend } from './load.mjs';
import { pictures } from './pictures.mjs';

const text = 'x'.repeat(2000);
const top = 2n ** 128n;
const hash = share => (BigInt(Math.floor(share * 1e9)) * top / 1000000000n).toString();
const any = () => ({ partition_key: `key-${Math.random()}` });

// Each: how many records a quarter of a second puts, and their keys, by the minutes that have passed.
const loads = {
  even: { key: any },
  hotkey: { key: at => (at > 3 && Math.random() < 0.6 ? { partition_key: 'user-17' } : any()) },
  hotrange: { key: at => ({ partition_key: 'k', explicit_hash_key: hash(at > 3 && Math.random() < 0.7 ? 0.55 + Math.random() * 0.08 : Math.random()) }) },
  monotonic: { key: at => ({ partition_key: 'k', explicit_hash_key: hash(Math.min(0.99, at / 9) + Math.random() * 0.005) }) },
  wave: { count: at => Math.round(10 + 9 * Math.sin(at / 6 * 2 * Math.PI)), key: any },
  reshard: { key: any },
};

// Puts a load until it is stopped. A tier that cannot be reached for a while is asked again.
function begin(tier, stream, { key, count = () => 10 }, query = '?ack=accepted') {
  const began = Date.now();
  let goes = true;
  const done = (async () => {
    while (goes) {
      const at = (Date.now() - began) / 60000;
      const body = Array.from({ length: count(at) }, () => JSON.stringify({ ...key(at), payload: text })).join('\n');
      try {
        const response = await fetch(`${tier}/streams/${stream}/records${query}`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body });
        await response.arrayBuffer();
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      await new Promise(go => setTimeout(go, 250));
    }
  })();
  return () => { goes = false; return done; };
}

const minutes = count => new Promise(go => setTimeout(go, count * 60000));
const admin = (tier, stream, path, body) =>
  fetch(`${tier}/admin/streams/${stream}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

// The whole columns, without the one in which the load began.
async function look(tier, stream) {
  const page = await open(tier, { stream });
  await page.waitForFunction(() => window.kpl.heat.picture?.columns.length > 0);
  // As many minutes as there are, over the whole width.
  await page.evaluate(() => window.kpl.heat.zoom({ left: 60 - Math.max(4, window.kpl.heat.columns.length), right: 60, top: 0, bottom: 128 }));
  const state = await pictures(page, `heat-${stream}`);
  const columns = await page.evaluate(() => window.kpl.heat.columns.slice(1).map(c => ({
    kib: c.kib_per_second, keys: c.hot_keys, shards: window.kpl.heat.shardsOf(c).length, owners: window.kpl.heat.shardsOf(c).map(s => s.owner_silo), marks: c.marks,
  })));
  await page.context().close();
  return { stream, state, columns };
}

export const heats = ({ tier, kinesis, other, victim }) => ({
  // Moves, zooms and reads with the keyboard alone, and looks at the table.
  async heat() {
    const page = await open(tier);
    const stop = begin(tier, 'events', loads.even);
    await page.waitForFunction(() => window.kpl.heat.most > 0, null, { timeout: 180000 });
    await stop();
    await page.focus('#heat');
    const cells = [await page.textContent('#heat-cell')];
    for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowDown', 'PageDown', '+', '+']) await page.keyboard.press(key);
    cells.push(await page.textContent('#heat-cell'));
    const view = () => page.evaluate(() => window.kpl.heat.view.right - window.kpl.heat.view.left);
    const views = [await view()];
    await page.keyboard.press('Escape');
    views.push(await view());
    const box = await page.locator('#heat').boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 120);
    await page.mouse.up();
    views.push(await view());
    await page.click('#heat-all');
    views.push(await view());
    await page.click('#heat-part summary');
    const row = await page.textContent('#heat-rows tr');
    const seen = await pictures(page, 'heat');
    await page.selectOption('#heat-span', 'week');
    await page.waitForFunction(() => window.kpl.heat.picture.span === 'week');
    await page.reload();
    await page.waitForFunction(() => window.kpl?.sparks.delivered.points.length > 0);
    const delivered = await page.evaluate(() => Math.max(...window.kpl.sparks.delivered.points.map(p => p[1])));
    return { cells, views, row, delivered, states: [seen], violations: await violations(page) };
  },
  async heats() {
    for (const stream of Object.keys(loads)) await fetch(`${tier}/admin/streams/${stream}/heat`);
    const stops = Object.entries(loads).map(([stream, load]) => begin(tier, stream, load));
    await minutes(0.5);
    for (const stream of Object.keys(loads)) await fetch(`${tier}/admin/streams/${stream}/heat`);
    await minutes(3);
    await admin(tier, 'reshard', '/split', { shard_id: 'shardId-000000000001', at: 'middle' });
    await minutes(4.5);
    const seen = [];
    for (const stream of Object.keys(loads)) seen.push(await look(tier, stream));
    await Promise.all(stops.map(stop => stop()));
    return { seen };
  },
  // Kinesis is away while records are kept, and takes them all when it is back.
  async replay() {
    const stop = begin(tier, 'outage', loads.even, '?ack=persisted');
    await minutes(0.5);
    await fetch(`${tier}/admin/streams/outage/heat`);
    await minutes(2);
    await fault(kinesis, { kind: 'outage' });
    await minutes(2.5);
    await mend(kinesis);
    await minutes(3);
    const seen = [await look(tier, 'outage')];
    await stop();
    return { seen };
  },
  // One of two silos is killed; the other one sends for its shards from then on.
  async takeover() {
    const stops = [begin(tier, 'events', loads.even), begin(other, 'events', loads.even)];
    await minutes(2.2);
    process.kill(Number(victim), 'SIGKILL');
    await minutes(3);
    const seen = [await look(tier, 'events')];
    await Promise.all(stops.map(stop => stop()));
    return { seen };
  },
});
