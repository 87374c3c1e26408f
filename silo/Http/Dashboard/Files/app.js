// The page: one reader of events, and what they say. Nothing else is asked for by itself but new failures.
import { get, readEvents, streamPath, TierError, useCredential } from '/dashboard/tier.js';
import { bytes, element, list, number, percent, rows, seconds, shortShard, time } from '/dashboard/text.js';
import { Spark, Strip } from '/dashboard/strip.js';
import { explain, planMerge, planScale, planSplit } from '/dashboard/change.js';

const byId = id => document.getElementById(id);
const sparks = Object.fromEntries(['accepted', 'delivered', 'failed', 'flight', 'backlog', 'p99'].map(n => [n, new Spark(byId(`s-${n}`))]));
const strip = new Strip(byId('strip'), pick);
const failures = { list: [], next: 0, asking: false };
let [stream, shards, pulse, before, reading, operation, wait] = ['', [], null, null, null, null, 1000];

// For tests: how many frames were painted, and when the last pulse was shown.
window.kpl = { strip, get shownAt() { return byId('main').dataset.shownAt; } };

function setText(id, text, style) {
  const place = byId(id);
  if (place.textContent !== text) place.textContent = text;
  if (style !== undefined && place.className !== style) place.className = style;
}

function say(text) {
  byId('news').textContent = text;
}

async function run() {
  for (;;) {
    reading = new AbortController();
    try {
      setText('link', 'connecting', 'pill');
      await readEvents(stream, reading.signal, onEvent);
      setText('link', 'ended', 'pill bad');
    } catch (error) {
      if (error instanceof TierError && (error.status === 401 || error.status === 403)) {
        askForKey(error);
        return;
      }
      if (error instanceof TierError) trouble(`${error.code}: ${error.message}`);
      if (!reading.signal.aborted) {
        if (byId('link').textContent === 'live') say('The connection to the tier was lost.');
        setText('link', 'no connection', 'pill bad');
      }
    }
    if (!reading.signal.aborted) {
      await new Promise(go => setTimeout(go, wait));
      wait = Math.min(wait * 2, 15000);
    }
  }
}

function askForKey(error) {
  byId('key').hidden = false;
  setText('key-told', error.status === 403 || byId('secret').value ? error.message : '');
  setText('link', 'locked', 'pill bad');
  byId('secret').focus();
}

byId('key').addEventListener('submit', event => {
  event.preventDefault();
  useCredential(byId('secret').value.trim());
  byId('key').hidden = true;
  restart();
  if (stream) askForFailures();
  run();
});

function trouble(text) {
  byId('trouble').hidden = !text;
  setText('trouble', text ?? '');
}

function onEvent(name, data) {
  wait = 1000;
  setText('link', 'live', 'pill good');
  if (name === 'map' && data.stream === stream) onMap(data.shards);
  if (name === 'pulse') onPulse(data);
}

function onMap(list) {
  shards = list;
  strip.setMap(shards);
  Object.assign(byId('pick'), { max: Math.max(0, shards.length - 1), value: strip.picked });
  byId('strip').setAttribute('aria-label', `${shards.length} shards along the hash keys`);
}

function onPulse(data) {
  onStreams(data.streams);
  onSilos(data.silos, data.at);
  if (!stream && data.streams.length > 0) {
    choose(new URLSearchParams(location.hash.slice(1)).get('stream') ?? data.streams[0].stream);
    return;
  }
  if (data.pulse?.stream !== stream) return;
  pulse = data.pulse;
  trouble(pulse.trouble);
  onNumbers(Date.parse(data.at));
  onShards();
  onLedger();
  if (pulse.ledger.failed + pulse.ledger.unknown > failures.seen) askForFailures();
  failures.seen = pulse.ledger.failed + pulse.ledger.unknown;
  byId('main').dataset.shownAt = data.at;
}

function onStreams(streams) {
  const select = byId('stream');
  const names = streams.map(s => s.stream);
  if (stream && !names.includes(stream)) names.push(stream);
  if (names.join('\n') !== [...select.options].map(o => o.value).join('\n')) {
    select.replaceChildren(...names.map(n => element('option', { value: n }, n)));
    select.value = stream;
  }
  rows(byId('streams'), streams, s => [
    { text: s.stream, action: () => choose(s.stream), label: `Show ${s.stream}` }, r(number(s.shards)), r(number(s.delivered)),
    r(number(s.failed), s.failed > 0), r(number(s.in_flight))]);
}

function onSilos(silos, at) {
  rows(byId('silos'), silos, s => [
    { text: s.silo, head: true, style: 'mono' }, { text: s.state, style: s.state === 'active' ? 'good' : 'bad' }, r(number(s.shards)),
    r(bytes(s.outstanding_bytes)), r(seconds(s.oldest_seconds)), r(s.started_at ? seconds((Date.parse(at) - Date.parse(s.started_at)) / 1000) : '–')]);
}

const r = (text, isBad = false) => ({ text, style: isBad ? 'r bad' : 'r' });

function onNumbers(at) {
  const ledger = pulse.ledger;
  const passed = before ? (at - before.at) / 1000 : 0;
  const rate = term => passed > 0 ? Math.max(0, (ledger[term] - before.ledger[term]) / passed) : 0;
  const shown = {
    accepted: rate('accepted'), delivered: rate('delivered'), failed: rate('failed') + rate('unknown'), flight: ledger.in_flight,
    backlog: pulse.backlog?.records ?? ledger.in_backlog, p99: pulse.calls?.p99_ms ?? 0,
  };
  before = { at, ledger };
  for (const name of ['accepted', 'delivered', 'flight', 'backlog']) setText(`n-${name}`, number(Math.round(shown[name])));
  setText('n-failed', number(Math.round(shown.failed)), shown.failed > 0 ? 'bad' : '');
  setText('n-oldest', `oldest ${seconds(pulse.oldest_seconds)}`);
  const age = pulse.backlog?.oldest_age_seconds;
  setText('n-age', pulse.backlog?.store_error ? `store: ${pulse.backlog.store_error}` : pulse.backlog?.is_spilling ? 'spilling' : age ? `oldest ${seconds(age)}` : 'records');
  setText('n-p99', pulse.calls ? `${pulse.calls.p99_ms.toFixed(1)}` : '–');
  setText('n-p50', pulse.calls ? `ms p99, ${pulse.calls.p50_ms.toFixed(1)} p50, ${number(pulse.calls.count)} calls` : 'no calls of this process');
  for (const [name, value] of Object.entries(shown)) sparks[name].add(value);
  setText('status', pulse.status ?? 'not read', pulse.status === 'ACTIVE' ? 'pill good' : 'pill busy');
  byId('operation').hidden = !pulse.operation_id;
  setText('operation', pulse.operation_id ? `operation ${pulse.operation_id}` : '');
  if (operation !== pulse.operation_id) {
    if (operation !== null || pulse.operation_id) say(pulse.operation_id ? `Operation ${pulse.operation_id} runs.` : `Operation ${operation} has ended.`);
    operation = pulse.operation_id;
  }
}

function onShards() {
  strip.setPulse(pulse);
  if (pulse.utilisation.length !== shards.length) return;
  const order = shards.map((_, i) => i).sort((a, b) => pulse.utilisation[b] - pulse.utilisation[a] || pulse.throttled[b] - pulse.throttled[a] || a - b);
  const mean = shards.length ? pulse.utilisation.reduce((a, b) => a + b, 0) / shards.length / 1000 : 0;
  const throttled = pulse.throttled.filter(t => t > 0).length;
  setText('shards-told', `${number(shards.length)} open, ${percent(mean)} used on average, ${throttled ? `${throttled} throttled now` : 'none throttled'}`);
  rows(byId('busiest'), order.slice(0, 8), i => [
    { text: shortShard(shards[i].id), action: () => pick(i), label: `${shortShard(shards[i].id)}, select ${shards[i].id}` }, { text: shards[i].owner ?? '–', style: 'mono' },
    r(percent(pulse.utilisation[i] / 1000), pulse.utilisation[i] >= 1000), r(number(pulse.records[i])), r(number(Math.round(pulse.bytes[i] / 1024))),
    r(number(pulse.throttled[i]), pulse.throttled[i] > 0)]);
  onPicked();
}

function pick(index) {
  strip.pick(index);
  byId('pick').value = index;
  onPicked(true);
}

function onPicked(isNew = false) {
  const i = strip.picked;
  const shard = shards[i];
  if (!shard || !pulse || pulse.utilisation.length !== shards.length) return;
  const place = byId('shard');
  const use = percent(pulse.utilisation[i] / 1000);
  byId('pick').setAttribute('aria-valuetext', `${shard.id}, ${use} used, ${pulse.throttled[i]} throttled a second${shard.owner ? `, ${shard.owner}` : ''}`);
  const values = [['from', shard.from], ['to', shard.to], ['state', shard.state], ['owner', shard.owner], ['use', use], ['records', `${number(pulse.records[i])} a second`],
    ['bytes', `${number(Math.round(pulse.bytes[i] / 1024))} KiB a second`], ['throttled', `${number(pulse.throttled[i])} a second`],
    ['bucket', `${percent(pulse.bucket[i] / 1000)} full`], ['other writers', percent(pulse.foreign[i] / 1000)]];
  if (isNew || place.dataset.shard !== shard.id) {
    place.dataset.shard = shard.id;
    place.replaceChildren(element('h3', {}, shard.id), list(values), element('div', { class: 'row' },
      element('button', { type: 'button', class: 'small', onclick: () => explain(stream, `hash=${shard.from}`, `About ${shard.id}`) }, 'Explain'),
      element('button', { type: 'button', class: 'small', id: 'split', onclick: () => planSplit(stream, shards, shard) }, 'Split…'),
      i + 1 < shards.length ? element('button', { type: 'button', class: 'small', onclick: () => planMerge(stream, shards, i) }, 'Merge with next…') : null));
  } else {
    const cells = place.querySelectorAll('dd');
    values.filter(([, v]) => v !== null).forEach(([, value], c) => { if (cells[c] && cells[c].textContent !== String(value)) cells[c].textContent = value; });
  }
}

function onLedger() {
  const l = pulse.ledger;
  const terms = [['delivered', l.delivered], ['failed', l.failed], ['unknown', l.unknown], ['in flight', l.in_flight], ['in backlog', l.in_backlog],
    ['dead letters', l.dead_lettered]];
  rows(byId('ledger'), [['accepted', l.accepted], ...terms], ([name, value]) => [
    { text: name, head: true }, r(number(value), value > 0 && (name === 'failed' || name === 'unknown' || name === 'dead letters'))]);
  const adds = l.accepted === terms.reduce((sum, [, value]) => sum + value, 0);
  setText('balance', adds ? 'adds up' : 'does not add up', adds ? 'pill good' : 'pill bad');
}

async function askForFailures() {
  if (failures.asking) return;
  failures.asking = true;
  const of = stream;
  try {
    for (;;) {
      const page = await get(streamPath(of, `/failures?max=1000&after=${failures.next}`));
      if (of !== stream) return;
      failures.next = page.next;
      failures.list = [...page.failures.reverse(), ...failures.list].slice(0, 200);
      if (!page.has_more) break;
    }
    showFailures();
  } catch (error) {
    setText('failures-told', error instanceof TierError ? `${error.code}: ${error.message}` : 'cannot be read');
  } finally {
    failures.asking = false;
  }
}

function showFailures() {
  setText('failures-told', failures.list.length === 0 ? 'none is remembered' : `the latest of ${number(failures.next)}`);
  rows(byId('failures'), failures.list.slice(0, 12), f => [
    r(number(f.number)), time(f.ended_at), { text: f.error_code, style: 'bad' }, r(number(f.attempt_count)),
    { text: 'explain', style: 'r', action: () => explain(stream, `failure=${f.number}`, `Failure ${f.number}`), label: `Explain failure ${f.number}` }]);
}

function restart() {
  [shards, pulse, before, operation] = [[], null, null, null];
  Object.assign(failures, { list: [], next: 0, seen: 0, asking: false });
  Object.values(sparks).forEach(s => s.clear());
  strip.setMap([]);
  byId('shard').replaceChildren();
  byId('shard').dataset.shard = '';
  showFailures();
}

function choose(name) {
  if (name === stream) return;
  stream = name;
  byId('stream').value = name;
  document.title = `${name} · kpl`;
  history.replaceState(null, '', `#${new URLSearchParams({ stream: name })}`);
  restart();
  askForFailures();
  reading?.abort();
}

byId('stream').addEventListener('change', () => choose(byId('stream').value));
byId('pick').addEventListener('input', () => pick(Number(byId('pick').value)));
byId('scale').addEventListener('submit', event => {
  event.preventDefault();
  planScale(stream, shards, Number(byId('target').value));
});
byId('explain-key').addEventListener('click', () => {
  if (byId('ask').value) explain(stream, `key=${encodeURIComponent(byId('ask').value)}`, `Key ${byId('ask').value}`);
});
byId('ask').addEventListener('keydown', event => {
  if (event.key === 'Enter') {
    event.preventDefault();
    byId('explain-key').click();
  }
});
byId('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  strip.readColours();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => strip.readColours());

run();
