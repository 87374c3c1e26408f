// The tables below the shards.
import { atLeast, bytes, byId, element, number, rows, seconds, setText, shortKeys, shortSilo, time } from '/dashboard/text.js';
import { explain } from '/dashboard/change.js';

export const right = (text, isBad = false) => ({ text, style: isBad ? 'r bad' : 'r' });
const narrow = cell => ({ ...cell, style: `${cell.style ?? ''} narrow`.trim() });

export function showStreams(streams, stream, choose) {
  const select = byId('stream');
  const names = streams.map(s => s.stream);
  if (stream && !names.includes(stream)) names.push(stream);
  if (names.join('\n') !== [...select.options].map(o => o.value).join('\n')) {
    select.replaceChildren(...names.map(n => element('option', { value: n }, n)));
    select.value = stream;
  }
  rows(byId('streams'), streams, s => [
    { text: s.stream, action: () => choose(s.stream), label: `Show ${s.stream}` }, right(atLeast(1, s.accepted_per_second, number)), right(number(s.delivered)),
    right(number(s.failed), s.failed > 0), narrow(right(number(s.in_flight)))]);
}

export function showSilos(silos, at) {
  rows(byId('silos'), silos, s => s.lost_at
    ? [{ text: shortSilo(s.silo), head: true, style: 'mono' }, { text: `lost at ${time(s.lost_at)}`, style: 'bad' }, right('–'), right('–'),
      narrow(right('–')), right('–')]
    : [{ text: shortSilo(s.silo), head: true, style: 'mono' }, { text: s.state, style: s.state === 'active' ? 'good' : 'bad' }, right(number(s.shards)),
      right(bytes(s.outstanding_bytes)), narrow(right(seconds(s.oldest_seconds))),
      right(s.started_at ? seconds((Date.parse(at) - Date.parse(s.started_at)) / 1000) : '–')]);
}

export function showLedger(l, notCovered) {
  const terms = [['delivered', l.delivered], ['failed', l.failed], ['unknown', l.unknown], ['in flight', l.in_flight], ['in backlog', l.in_backlog],
    ['dead letters', l.dead_lettered]];
  const all = [['accepted', l.accepted], ...terms];
  const place = byId('ledger');
  if (place.children.length === 0) place.append(...all.map(([name]) => element('div', {}, element('dt', {}, name), element('dd', {}))));
  all.forEach(([name, value], i) => {
    const cell = place.children[i].lastElementChild;
    if (cell.textContent !== number(value)) cell.textContent = number(value);
    // There the text is rounded, and only whole numbers show that the terms add up.
    cell.title = value >= 1e7 ? value.toLocaleString('en') : '';
    cell.className = value > 0 && (name === 'failed' || name === 'unknown' || name === 'dead letters') ? 'bad' : '';
  });
  const adds = l.accepted === terms.reduce((sum, [, value]) => sum + value, 0);
  const gone = notCovered.map(p => `${shortSilo(p.process)} (${p.state})`);
  const [state, style] = !adds ? ['does not add up', 'bad'] : gone.length > 0 ? ['a part is missing', 'busy'] : ['adds up', 'good'];
  setText('balance', state, `pill ${style}`);
  const more = gone.length > 3 ? ` and ${gone.length - 3} more` : '';
  setText('balance-told', gone.length === 0 ? '' : `without what ${gone.slice(0, 3).join(', ')}${more} had counted`);
}

// By code: what an operator reads is how many, since when, and until when.
export function showFailures(pulse, stream) {
  const { failures, failures_missed: missed, ledger } = pulse;
  byId('failures-part').hidden = failures.length === 0 && ledger.failed + ledger.unknown === 0;
  setText('failures-told', failures.length === 0 ? 'none is remembered' : missed > 0 ? `${number(missed)} more are not remembered` : '');
  byId('failures-table').hidden = failures.length === 0;
  rows(byId('failures'), failures, f => [
    { text: f.code, style: 'bad' }, right(number(f.count)), narrow(right(time(f.first))), right(time(f.last)),
    {
      text: 'explain', style: 'r', label: `Explain the last ${f.code}`,
      action: () => explain(stream, `failure=${f.number}`, `Failure ${f.number}: ${f.code}`),
    }]);
}

export function showOperations(operations, shards) {
  byId('operations-part').hidden = operations.length === 0;
  rows(byId('operations'), operations, o => [
    { text: time(o.started_at), style: 'mono' }, o.kind, { text: o.state, style: o.state === 'failed' ? 'bad' : o.state === 'running' ? 'busy' : '' },
    o.steps > 0 ? `${o.step} of ${o.steps}` : '–',
    { text: shortKeys((o.state === 'running' && o.events.at(-1)?.text) || o.reason, shards), style: 'narrow' }]);
}
