// What is done with the page: by keyboard, under load, and over time. Each returns what a test judges.
import { ledger, open, violations } from './browser.mjs';
import { fault, mend, put } from './load.mjs';
import { sentence } from './pictures.mjs';

export const acts = ({ tier, kinesis, other }) => ({
  // Every value changes all the time, which is more than a tier can do.
  async frames() {
    const page = await open(tier);
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
  // More silos than colours, a stream of a record in three seconds, and counts that are told rounded.
  async figures() {
    const page = await open(tier);
    return page.evaluate(async () => {
      const [{ showOwners }, { showLedger, showStreams }] = await Promise.all(['state', 'tables'].map(f => import(`/dashboard/${f}.js`)));
      const { strip } = window.kpl;
      const asStyle = colour => Object.assign(document.createElement('i').style, { background: colour }).background;
      const owned = Array.from({ length: 10 }, (_, i) => ({ ...strip.shards[0], id: `shardId-${i}`, owner: `S10.0.0.${10 + i}:11111:1` }));
      const [eight, ten] = [8, 10].map(count => {
        strip.setMap(owned.slice(0, count));
        showOwners(strip.owners);
        const marks = [...document.querySelectorAll('#owners i')].map(i => [i.style.background, i.nextSibling.textContent.trim()]);
        return { names: marks.map(m => m[1]), marks: marks.map(m => m[0]), shards: strip.shards.map(s => asStyle(s.colour)) };
      });
      showStreams([{ stream: 'events', accepted_per_second: 0.3, delivered: 1, failed: 0, in_flight: 0 }], 'events', () => {});
      showLedger({ accepted: 12345678, delivered: 12345677, failed: 1, unknown: 0, in_flight: 0, in_backlog: 0, dead_lettered: 0 }, []);
      const terms = [...document.querySelectorAll('#ledger dd')].slice(0, 3).map(d => [d.textContent, d.title]);
      return { eight, ten, rate: document.querySelector('#streams tr').cells[1].textContent, terms };
    });
  },
  async live() {
    const page = await open(tier);
    const took = [];
    for (let round = 1; round <= 3; round++) {
      const before = await ledger(page, 'delivered');
      await put(tier, [round]);
      const at = Date.now();
      await page.waitForFunction(b => Number(document.querySelectorAll('#ledger dd')[1].textContent.replaceAll(',', '')) > b, before, { polling: 20 });
      took.push(Date.now() - at);
    }
    return { took_ms: took };
  },
  // With the keyboard alone.
  async split() {
    const page = await open(tier);
    const before = await page.evaluate(() => window.kpl.strip.shards.length);
    await page.focus('.skip');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement.id === 'main');
    // The address is put right by an event that comes after the focus.
    const address = await page.evaluate(() => new Promise(go => setTimeout(() => go(location.hash))));
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
    // Another one before the shard that is picked moves it along.
    const kept = await page.evaluate(() => {
      const { strip } = window.kpl;
      strip.pick(2);
      const { id } = strip.shards[2];
      strip.setMap([{ ...strip.shards[0], id: 'shardId-000000000099' }, ...strip.shards]);
      return strip.shards[strip.picked].id === id;
    });
    return { before, address, picked, locked, untouched, violations: inDialog, closed, kept, told: await page.textContent('#confirm-told') };
  },
  // A shard that is picked gets an owner, and then another place and neighbour; an answer that comes when another dialog is open; and the times of the page.
  async owner() {
    const page = await open(tier, { mayFail: true });
    let told = '';
    const events = (await fetch(`${tier}/admin/events?stream=events`)).body.pipeThrough(new TextDecoderStream()).getReader();
    while (!/event: pulse\ndata: .*\n\n/.test(told)) told += (await events.read()).value;
    await events.cancel();
    const [map, pulse] = ['map', 'pulse'].map(name => JSON.parse(told.match(new RegExp(`event: ${name}\ndata: (.*)`))[1]));
    const owned = { ...map, shards: map.shards.map(s => ({ ...s, owner: 'S127.0.0.1:11111:1' })) };
    const moved = { ...owned, shards: [owned.shards[1], owned.shards[0], ...owned.shards.slice(2)] };
    const body = [['map', map], ['pulse', pulse], ['map', owned], ['pulse', pulse], ['map', moved], ['pulse', pulse]].map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join('');
    await page.route('**/admin/events?stream=events', r => r.fulfill({ contentType: 'text/event-stream', body }));
    await page.reload();
    await page.waitForFunction(() => document.querySelector('#shard')?.textContent.includes('127.0.0.1:11111'));
    const shard = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll('#shard dt')].map(t => [t.textContent, t.nextElementSibling.textContent])));
    const times = await page.evaluate(async () => {
      const { minute } = await import('/dashboard/text.js');
      return [minute('2026-01-02T03:00:00Z'), minute(new Date().setUTCHours(4, 0, 0))];
    });
    let refuse;
    await page.route('**/split', r => new Promise(go => { refuse = go; }).then(() => r.fulfill({ status: 409, contentType: 'application/json', body: '{}' })));
    await page.click('#split');
    await page.fill('#typed', 'events');
    await page.click('#do');
    await page.keyboard.press('Escape');
    await page.click('text=Merge with next…');
    const merge = await page.textContent('#dialog-title');
    const answered = page.waitForResponse('**/split');
    refuse();
    await (await answered).finished();
    await page.evaluate(() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go))));
    const isOpen = await page.isEnabled('#do');
    await page.unroute('**/admin/events?stream=events');
    await page.goto(`${tier}/dashboard#stream=a%20b`);
    await sentence(page, 'refuses this page');
    return { shard, times, merge, isOpen, refused: await page.textContent('#condition') };
  },
  // A stream that the credential may not see, and then another one.
  async denied() {
    const page = await open(tier, { mayFail: true });
    await page.route('**/admin/events?stream=secret', r => r.fulfill({
      status: 403, contentType: 'application/json', body: JSON.stringify({ error_code: 'Forbidden', error_message: "ann may not look at 'secret'" }),
    }));
    await page.goto(`${tier}/dashboard#stream=secret`);
    await page.waitForFunction(() => document.getElementById('link').textContent === 'refused');
    const told = await page.textContent('#condition');
    await page.selectOption('#stream', 'events');
    await sentence(page, 'All is well');
    return { told, form: await page.isVisible('#key'), shards: await page.evaluate(() => window.kpl.strip.shards.length) };
  },
  async explain() {
    await fault(kinesis, { kind: 'error', type: 'ValidationException', operation: 'PutRecords' });
    const page = await open(tier);
    const statuses = await put(tier, [1, 2]);
    await page.waitForFunction(() => document.querySelector('#failures tr')?.cells[1].textContent === '2');
    const groups = await page.evaluate(() => [...document.querySelectorAll('#failures tr')].map(r => r.cells[0].textContent));
    await page.click('#failures button');
    await page.waitForSelector('#dialog[open] .findings li');
    await mend(kinesis);
    return { statuses, groups, text: await page.textContent('#dialog-body') };
  },
  // The page of one silo, while the other one takes the records.
  async silos() {
    const page = await open(tier);
    await put(other, Array.from({ length: 200 }, (_, n) => n));
    await page.waitForFunction(() => window.kpl.strip.shards.every(s => s.owner) && document.querySelectorAll('#silos tr').length === 2, null, { timeout: 60000 });
    const owners = await page.evaluate(() => window.kpl.strip.shards.map(s => s.owner));
    const silos = await page.evaluate(() => [...document.querySelectorAll('#silos tr')].map(r => r.textContent));
    await fault(kinesis, { kind: 'error', type: 'ValidationException', operation: 'PutRecords' });
    const statuses = await put(other, [1]);
    await page.click('#failures button', { timeout: 60000 });
    await page.waitForSelector('#dialog[open] .findings li');
    await mend(kinesis);
    return { owners, silos, statuses, text: await page.textContent('#dialog-body') };
  },
  // So many seconds of pulses, with records put all the time, leave nothing behind.
  async memory() {
    const page = await open(tier);
    const session = await page.context().newCDPSession(page);
    const measure = async () => {
      for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage');
      const { jsHeapUsedSize } = Object.fromEntries((await session.send('Runtime.getHeapUsage').then(h => [['jsHeapUsedSize', h.usedSize]])));
      return [jsHeapUsedSize, await page.evaluate(() => document.getElementsByTagName('*').length)];
    };
    // The lines of five minutes fill at first.
    await page.evaluate(() => { for (let i = 0; i < 130; i++) window.kpl.strip.setPulse(window.kpl.strip.pulse); });
    await new Promise(go => setTimeout(go, 5000));
    const first = await measure();
    const until = Date.now() + Number(other) * 1000;
    for (let n = 0; Date.now() < until; n++) {
      await put(tier, [n]);
      await new Promise(go => setTimeout(go, 500));
    }
    const last = await measure();
    return { bytes: last[0] - first[0], elements: last[1] - first[1] };
  },
});
