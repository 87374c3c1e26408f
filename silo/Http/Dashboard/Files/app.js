// The page: one reader of events, and what they say. Only the cost and the picture of the load are asked for beside them.
import { get, readEvents, streamPath, TierError, useCredential } from '/dashboard/tier.js';
import { atLeast, byId, count, element, fill, list, number, percent, rows, seconds, setText, shortKeys, shortShard, shortSilo, time } from '/dashboard/text.js';
import { Strip } from '/dashboard/strip.js';
import { Spark } from '/dashboard/spark.js';
import { Heat } from '/dashboard/heat.js';
import { connected, denied, disconnected, locked, say, showCondition, showOwners, showTier } from '/dashboard/state.js';
import { right, showFailures, showLedger, showOperations, showSilos, showStreams } from '/dashboard/tables.js';
import { explain, planMerge, planScale, planSplit } from '/dashboard/change.js';

const names = ['accepted', 'delivered', 'failed', 'flight', 'backlog', 'calls'];
const sparks = Object.fromEntries(names.map(n => [n, new Spark(byId(`s-${n}`))]));
const strip = new Strip(byId('strip'), pick);
const heat = new Heat(byId('heat'), picture => { hour = picture; beginLines(); });
let [stream, shards, pulse, before, past, hour, reading, operation, wait] = ['', [], null, null, null, null, null, null, 1000];

// For tests: how many frames were painted, and when the last pulse was shown.
window.kpl = { strip, sparks, heat, get shownAt() { return byId('main').dataset.shownAt; } };

async function run() {
  for (;;) {
    reading = new AbortController();
    const mine = reading;
    try {
      await readEvents(stream, mine.signal, onEvent);
      if (!mine.signal.aborted) disconnected();
    } catch (error) {
      if (!mine.signal.aborted && error instanceof TierError && (error.status === 401 || error.status === 403)) {
        reading = null;
        if (error.status === 403) denied(error.message);
        else locked(byId('secret').value ? error.message : '');
        return;
      }
      if (!mine.signal.aborted) disconnected(error instanceof TierError && !error.code.startsWith('HTTP ') ? error : null);
    }
    if (!mine.signal.aborted) {
      // Whoever chooses another stream does not wait.
      await new Promise(go => { setTimeout(go, wait); mine.signal.onabort = go; });
      wait = Math.min(wait * 2, 5000);
    }
  }
}

// Reads what is wanted now. Where the tier refused the last reading, nothing reads any more.
function readAgain() {
  if (reading) reading.abort();
  else run();
}

byId('key').addEventListener('submit', event => {
  event.preventDefault();
  useCredential(byId('secret').value.trim());
  byId('key').hidden = true;
  restart();
  readAgain();
});

function onEvent(name, data) {
  wait = 1000;
  if (name === 'map' && data.stream === stream) onMap(data.shards);
  if (name === 'pulse') onPulse(data);
}

function onMap(all) {
  const isFirst = shards.length === 0;
  shards = all;
  if (isFirst) showCost();
  byId('shards-part').hidden = shards.length === 0;
  strip.setMap(shards);
  showOwners(strip.owners);
  Object.assign(byId('pick'), { max: Math.max(0, shards.length - 1), value: strip.picked });
  byId('strip').setAttribute('aria-label', `${count(shards.length, 'shard')} along the hash keys`);
}

function onPulse(data) {
  connected(data.at);
  showTier(data.tier, data.silos, stream, data.at);
  const there = data.streams.filter(s => s.exists);
  showStreams(there, stream, choose);
  showSilos(data.silos, data.at);
  if (!stream) {
    const asked = new URLSearchParams(location.hash.slice(1)).get('stream') ?? new URLSearchParams(location.search).get('stream');
    // Where no stream exists, the page says so of the default one.
    choose(asked ?? busiest(there, data.tier.default_stream) ?? data.tier.default_stream);
    return;
  }
  if (data.pulse?.stream !== stream) return;
  pulse = data.pulse;
  if (data.history) past = { ...data.history, at: Date.parse(data.at) };
  showCondition(pulse.condition, stream);
  onNumbers(Date.parse(data.at));
  onShards();
  showLedger(pulse.ledger, pulse.not_covered);
  showFailures(pulse, stream);
  showOperations(pulse.operations, shards);
  if (shards.length > 0) heat.follow(stream, Date.parse(data.at), strip.owners);
  byId('main').dataset.shownAt = data.at;
}

// The stream that carries load; of idle ones the one that carried most, or the default one.
function busiest(streams, preferred) {
  const rank = s => [s.accepted_per_second, s.in_flight + s.in_backlog, s.accepted, s.stream === preferred ? 1 : 0];
  return [...streams].sort((a, b) => rank(b).map((v, i) => v - rank(a)[i]).find(d => d !== 0) ?? 0)[0]?.stream;
}

const perSecond = v => atLeast(0.5, v, w => number(Math.round(w)));

function onNumbers(at) {
  const { ledger, sent } = pulse;
  const passed = before ? (at - before.at) / 1000 : 0;
  const rate = (now, then) => passed > 0 ? Math.max(0, (now - then) / passed) : 0;
  const rates = before ? {
    accepted: rate(ledger.accepted, before.ledger.accepted), delivered: rate(ledger.delivered, before.ledger.delivered),
    failed: rate(ledger.failed + ledger.unknown, before.ledger.failed + before.ledger.unknown), calls: rate(sent.calls, before.sent.calls),
    kinesis: rate(sent.kinesis_records, before.sent.kinesis_records),
  } : { ...Object.fromEntries(['accepted', 'failed', 'calls'].map(n => [n, past?.[n].at(-1) ?? 0])), delivered: null, kinesis: null };
  const shown = { ...rates, flight: ledger.in_flight, backlog: pulse.backlog?.records ?? ledger.in_backlog };
  if (!before) beginLines();
  for (const name of names) {
    setText(`n-${name}`, shown[name] === null ? '–' : perSecond(shown[name]), name === 'failed' && shown.failed > 0 ? 'bad' : '');
    if (before || !past && shown[name] !== null) sparks[name].add(at, shown[name]);
  }
  before = { at, ledger, sent };
  setText('n-oldest', ledger.in_flight > 0 ? `user records, oldest ${seconds(pulse.oldest_seconds)}` : 'user records');
  const waiting = pulse.backlog;
  const held = waiting?.is_spilling ? ', spilling' : waiting?.oldest_age_seconds > 0 ? `, oldest ${seconds(waiting.oldest_age_seconds)}` : '';
  setText('n-age', `user records${held}`);
  const [kinesis, user] = [rates.kinesis, rates.delivered].map(perSecond);
  setText('n-sent', rates.kinesis === null ? 'calls/s' : `calls/s: ${kinesis} Kinesis records, ${user} user records`);
  setText('n-time', pulse.calls ? `99 of 100 within ${pulse.calls.p99_ms.toFixed(0)} ms, half in ${pulse.calls.p50_ms.toFixed(1)} ms` : '');
  byId('status').hidden = !pulse.status;
  setText('status', pulse.status ?? '', pulse.status === 'ACTIVE' ? 'pill good' : 'pill busy');
  if (operation !== pulse.operation_id) {
    if (operation !== null || pulse.operation_id) say(pulse.operation_id ? 'A change of the shards has begun.' : 'The change of the shards has ended.');
    operation = pulse.operation_id;
  }
}

// The lines before the page was opened. What was delivered is in the sums of the picture, by the minute, with what silos saw that are gone; so are
// failures, as far as they were listed. What the processes that are here remember has the rest, by the half minute.
function beginLines() {
  const sums = value => (hour?.columns ?? []).map(c => [Date.parse(c.from) + 60000, value(c)]);
  const remembered = name => (past?.[name] ?? []).map((value, i, all) => [past.at - (all.length - 1 - i) * past.period_seconds * 1000, value]);
  sparks.delivered.begin(sums(c => c.user_records_per_second));
  const listed = sums(c => c.marks.reduce((a, m) => a + m.failed, 0) / 60);
  const failed = remembered('failed').map(([at, value]) => [at, Math.max(value, listed.find(([end]) => end >= at && end - at < 60000)?.[1] ?? 0)]);
  sparks.failed.begin([...listed.filter(([at]) => !(at >= failed[0]?.[0])), ...failed]);
  for (const [name, column] of Object.entries({ accepted: 'accepted', flight: 'in_flight', backlog: 'in_backlog', calls: 'calls' })) sparks[name].begin(remembered(column));
}

function onShards() {
  strip.setPulse(pulse);
  if (pulse.utilisation.length !== shards.length) return;
  const order = shards.map((_, i) => i).sort((a, b) => pulse.utilisation[b] - pulse.utilisation[a] || pulse.throttled[b] - pulse.throttled[a] || a - b);
  const mean = shards.length ? pulse.utilisation.reduce((a, b) => a + b, 0) / shards.length / 1000 : 0;
  const throttled = pulse.throttled.filter(t => t > 0).length;
  const told = `${number(shards.length)} open${asOf(pulse)}, ${percent(mean)} used on average, ${throttled || 'none'} throttled`;
  setText('shards-told', `${told}; 100 % is 1,000 Kinesis records or 1 MiB a second`);
  rows(byId('busiest'), order.slice(0, 8), i => [
    { text: shortShard(shards[i].id), action: () => pick(i), label: `${shortShard(shards[i].id)}, select ${shards[i].id}` },
    { text: shortSilo(shards[i].owner) ?? '–', style: 'mono owned' },
    right(percent(pulse.utilisation[i] / 1000), pulse.utilisation[i] >= 1000), right(number(pulse.records[i])),
    right(number(Math.round(pulse.bytes[i] / 1024))),
    right(number(pulse.throttled[i]), pulse.throttled[i] > 0)]);
  onPicked();
}

// While Kinesis cannot be asked, the shards are those that were known last.
function asOf({ trouble, shards_as_of: at }) {
  return !trouble ? '' : at ? ` as of ${time(at)} UTC` : ' as known last';
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
  const owner = shortSilo(shard.owner);
  const hot = hotKeyOf(shard);
  byId('pick').setAttribute('aria-valuetext', `${shard.id}, ${use} used, ${pulse.throttled[i]} throttled a second${owner ? `, ${owner}` : ''}`);
  const values = [['keys', shortKeys(`${shard.from} to ${shard.to}`)], ['state', shard.state], ['owner', owner], ['use', use],
    ['Kinesis records', `${number(pulse.records[i])} a second`], ['bytes', `${number(Math.round(pulse.bytes[i] / 1024))} KiB a second`],
    ['throttled', `${number(pulse.throttled[i])} a second`], ['bucket', fill(pulse.bucket[i] / 1000)],
    ['left to others', pulse.foreign[i] ? `${percent(pulse.foreign[i] / 1000)} of its rate` : 'nothing'], ['hot key', hot ? `${percent(hot.share)}: ${hot.key ?? hot.hash}` : 'none known']].filter(([, v]) => v !== null);
  const cells = place.querySelectorAll('dd');
  const beside = `${shard.id} ${shards[i + 1]?.id}`;
  if (isNew || place.dataset.shard !== beside || cells.length !== values.length) {
    place.dataset.shard = beside;
    place.replaceChildren(element('h3', {}, shard.id), list(values), element('div', { class: 'row' },
      element('button', { type: 'button', class: 'small', onclick: () => about(shard) }, 'Explain'),
      element('button', { type: 'button', class: 'small', id: 'split', onclick: () => planSplit(stream, shards, shard) }, 'Split…'),
      i + 1 < shards.length ? element('button', { type: 'button', class: 'small', onclick: () => planMerge(stream, shards, strip.picked) }, 'Merge with next…') : null));
  } else {
    values.forEach(([, value], c) => { if (cells[c].textContent !== String(value)) cells[c].textContent = value; });
  }
}

const hotKeyOf = shard => pulse?.hot_keys?.find(k => k.shard === shard.id);

// Where one key makes it hot, the question is about that key.
function about(shard) {
  explain(stream, `hash=${hotKeyOf(shard)?.hash ?? shard.from}`, `About shard ${shortShard(shard.id)}`);
}

// Hours are summed up: it changes slowly. A tier whose host has no prices tells nothing.
async function showCost() {
  if (document.hidden || shards.length === 0) return;
  const asked = stream;
  const cost = await get(streamPath(asked, '/cost')).catch(() => null);
  if (asked !== stream) return;
  byId('cost').hidden = !cost?.recommendation && !cost?.note;
  const day = cost?.prices_as_of ? ` Prices of ${cost.prices_as_of}.` : '';
  setText('cost', cost?.recommendation ? `${cost.recommendation}${day}` : `What it costs: ${cost?.note}.`);
}

setInterval(showCost, 120_000);

// A name that somebody misspelt is no stream of the page, yet all its records fail.
async function showOther() {
  if (document.hidden || !stream) return;
  const health = await get('/health').catch(() => null);
  const streams = {
    RecordsFailing: health?.failures?.streams, StreamMissing: health?.missing_streams,
    SetAside: health?.set_aside_streams, SegmentsDamaged: health?.damaged_streams,
  };
  // The page may show a stream by its ARN.
  const isOther = streams[health?.condition.code]?.some(s => s === stream || stream.endsWith(`/${s}`)) === false;
  byId('other').hidden = !isOther;
  setText('other', isOther ? `Another stream: ${health.condition.sentence}` : '');
}

setInterval(showOther, 5_000);

function restart() {
  [shards, pulse, before, past, hour, operation] = [[], null, null, null, null, null];
  byId('cost').hidden = true;
  Object.values(sparks).forEach(s => s.clear());
  strip.setMap([]);
  heat.clear();
  byId('shards-part').hidden = true;
  byId('shard').replaceChildren();
  byId('shard').dataset.shard = '';
}

function choose(name) {
  if (name === stream) return;
  stream = name;
  byId('stream').value = name;
  keepAddress();
  restart();
  showOther();
  readAgain();
}

// The address has the stream, for whoever reloads the page or keeps its address.
function keepAddress() {
  history.replaceState(null, '', `#${new URLSearchParams({ stream })}`);
}

byId('stream').addEventListener('change', () => choose(byId('stream').value));
addEventListener('hashchange', () => {
  const asked = new URLSearchParams(location.hash.slice(1)).get('stream');
  if (asked) choose(asked);
  // The link to the numbers took the stream's place.
  else if (stream) keepAddress();
});
byId('pick').addEventListener('input', () => pick(Number(byId('pick').value)));
byId('scale').addEventListener('submit', event => {
  event.preventDefault();
  planScale(stream, shards, Number(byId('target').value));
});
byId('where').addEventListener('submit', event => {
  event.preventDefault();
  if (byId('ask').value) explain(stream, `key=${encodeURIComponent(byId('ask').value)}`, `Key ${byId('ask').value}`);
});
byId('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  repaint();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);

function repaint() {
  strip.readColours();
  heat.draw();
  Object.values(sparks).forEach(s => s.paint());
}

run();
