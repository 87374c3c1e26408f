// Changes of shards: what would be done, how the ranges differ, and a confirmation that is typed.
import { get, post, streamPath, TierError } from '/dashboard/tier.js';
import { byId, count, element, fill, list, number, oneLine, percent, seconds, shortKeys, shortShard, shortSilo } from '/dashboard/text.js';
import { drawRanges } from '/dashboard/strip.js';

const dialog = byId('dialog');
let doIt = null;

byId('dialog-close').addEventListener('click', () => dialog.close());
byId('typed').addEventListener('input', () => { byId('do').disabled = byId('typed').value !== byId('typed-name').textContent; });
byId('confirm').addEventListener('submit', async event => {
  event.preventDefault();
  const act = doIt;
  if (byId('do').disabled || !act) return;
  byId('do').disabled = true;
  const told = byId('confirm-told');
  try {
    const started = await act();
    // Another dialog may be there by now, for which nobody has typed a name.
    if (doIt !== act) return;
    told.className = 'good';
    told.textContent = `Operation ${started.operation_id} has begun.`;
    doIt = null;
  } catch (error) {
    if (doIt !== act) return;
    told.className = 'bad';
    told.textContent = textOf(error);
    byId('do').disabled = false;
  }
});

function textOf(error) {
  return oneLine(error instanceof TierError ? `${error.code}: ${error.message}` : error);
}

export function show(title, ...content) {
  byId('dialog-title').textContent = title;
  byId('dialog-body').replaceChildren(...content.filter(Boolean));
  byId('confirm').hidden = true;
  doIt = null;
  if (!dialog.open) dialog.showModal();
}

export function showError(title, error) {
  show(title, element('p', { class: 'bad', role: 'alert' }, textOf(error)));
}

function confirm(stream, act) {
  byId('typed-name').textContent = stream;
  byId('typed').value = '';
  byId('do').disabled = true;
  byId('confirm-told').textContent = '';
  byId('confirm').hidden = false;
  doIt = act;
  byId('typed').focus();
}

function diff(before, after) {
  const [old, next] = [element('canvas', { role: 'img', 'aria-label': `now: ${count(before.length, 'shard')}` }),
    element('canvas', { role: 'img', 'aria-label': `then: ${count(after.length, 'shard')}` })];
  requestAnimationFrame(() => { drawRanges(old, withFate(before, after, 'closes')); drawRanges(next, withFate(after, before, 'new')); });
  return element('div', { class: 'diff' }, element('span', { class: 'dim' }, `now: ${count(before.length, 'shard')}`), old,
    element('span', { class: 'dim' }, `then: ${count(after.length, 'shard')}`), next,
    element('span', { class: 'legend' }, ...['stays', 'closes', 'new'].flatMap(f => [element('i', { class: f }), `${f} `])));
}

// A range that is on both sides stays.
function withFate(ranges, others, fate) {
  const known = new Set(others.map(o => `${o.from} ${o.to}`));
  return ranges.map(r => ({ ...r, fate: known.has(`${r.from} ${r.to}`) ? 'stays' : fate }));
}

const points = shards => shards.map(s => ({ from: s.from, to: s.to }));

export async function planScale(stream, shards, target) {
  try {
    const plan = await post(streamPath(stream, '/plan'), { shards: target });
    const after = plan.result.map(r => ({ from: r.starting_hash_key, to: r.ending_hash_key }));
    show(`${stream}: to ${count(target, 'shard')}`,
      element('ul', { class: 'findings' }, ...plan.reasons.map(r => element('li', {}, shortKeys(r, shards))),
        ...plan.obstacles.map(o => element('li', { class: 'bad' }, `But: ${shortKeys(o, shards)}`))),
      list([['calls', number(plan.steps.length)], ['takes about', seconds(plan.duration_seconds)],
        ['load that moves', `${plan.moved_share.toFixed(1)} times the stream's load`], ['shards on the way', `at most ${number(plan.peak_shards)}`]]),
      diff(points(shards), after));
    if (plan.steps.length > 0 && plan.obstacles.length === 0)
      confirm(stream, () => post(streamPath(stream, '/scale'), { shards: target, method: 'plan' }));
  } catch (error) {
    showError('No plan', error);
  }
}

export function planSplit(stream, shards, shard) {
  const [from, to] = [BigInt(shard.from), BigInt(shard.to)];
  const middle = from + (to - from) / 2n + 1n;
  const at = element('select', { id: 'split-at' }, element('option', { value: 'weighted' }, 'at the median of its load'),
    element('option', { value: 'middle' }, 'in the middle of its range'));
  const after = shards.flatMap(s => s.id !== shard.id ? [{ from: s.from, to: s.to }]
    : [{ from: s.from, to: String(middle - 1n) }, { from: String(middle), to: s.to }]);
  show(`Split shard ${shortShard(shard.id)}`, element('p', {}, element('label', { for: 'split-at' }, 'Where: '), at),
    list([['keys', shortKeys(`${shard.from} to ${shard.to}`)], ['share of the hash keys', percent(Number((to - from) * 1000000n / 2n ** 128n) / 1e6)],
      ['becomes', 'two shards; this one closes']]),
    element('p', { class: 'dim' }, 'The strip shows a split in the middle; the median lies where the load is.'), diff(points(shards), after));
  confirm(stream, () => post(streamPath(stream, '/split'), { shard_id: shard.id, at: at.value }));
}

export function planMerge(stream, shards, index) {
  const [left, right] = [shards[index], shards[index + 1]];
  const after = shards.flatMap((s, i) => i === index ? [{ from: left.from, to: right.to }] : i === index + 1 ? [] : [{ from: s.from, to: s.to }]);
  show(`Merge shards ${shortShard(left.id)} and ${shortShard(right.id)}`,
    list([['keys', shortKeys(`${left.from} to ${right.to}`)], ['becomes', 'one shard; both close']]), diff(points(shards), after));
  confirm(stream, () => post(streamPath(stream, '/merge'), { shard_id: left.id, adjacent_shard_id: right.id }));
}

export async function explain(stream, query, title) {
  try {
    const told = await get(streamPath(stream, `/explain?${query}`));
    const attempts = told.failure?.attempts ?? [];
    show(title, element('ul', { class: 'findings' }, ...told.findings.map(f => element('li', {}, shortKeys(f)))),
      list([['hash key', told.hash_key], ['shard', told.shard_id],
        ['keys', told.starting_hash_key === null ? null : shortKeys(`${told.starting_hash_key} to ${told.ending_hash_key}`)], ['owner', shortSilo(told.owner_silo)],
        ['map', told.map_version && `${told.map_version}${told.is_map_current === false ? ', the sender has an older one' : ''}`],
        ['use', told.shard_id && percent(told.utilisation)], ['throttled', told.shard_id && `${number(told.throttled)} in the last minute`],
        ['bucket', told.bucket === null ? null : fill(told.bucket)],
        ['left to others', told.foreign_share === null ? null : told.foreign_share ? `${percent(told.foreign_share)} of its rate, because of throttles` : 'nothing'],
        ['hot key', told.shard_id && (told.hot_key ? `yes, at least ${percent(told.hot_key.share)} of the shard's bytes` : 'no')]]),
      attempts.length === 0 ? null : element('div', {}, element('h3', {}, 'Attempts'), element('table', {}, element('tbody', {}, ...attempts.map(a =>
        element('tr', {}, element('td', {}, new Date(a.started_at).toISOString().slice(11, 23)), element('td', {}, seconds((new Date(a.ended_at) - new Date(a.started_at)) / 1000)),
          element('td', {}, a.error_code ?? 'delivered'), element('td', {}, oneLine(a.error_message ?? ''))))))));
  } catch (error) {
    showError(title, error);
  }
}
