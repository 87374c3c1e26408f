// What stands at the top: how the tier is, which tier it is, and whether what is shown is of now.
import { bytes, byId, seconds, setText, time } from '/dashboard/text.js';
import { marksOf } from '/dashboard/strip.js';

let shownAt = null;
let lostAt = null;
let tier = null;
let shownStream = '';

export function say(text) {
  byId('news').textContent = text;
}

export function showCondition(condition, stream) {
  if (!condition) return;
  setText('condition', condition.sentence, condition.severity);
  title(stream, condition.severity);
}

// Which tier: a tab of another one looks the same.
export function showTier(told, silos, stream, at) {
  tier = told;
  const alone = !told.cluster && silos.length === 1 ? silos[0] : null;
  document.body.classList.toggle('alone', alone !== null);
  const up = alone?.started_at ? `up ${seconds((Date.parse(at) - Date.parse(alone.started_at)) / 1000)}, ${bytes(alone.outstanding_bytes)} in memory` : null;
  const name = told.cluster ? `cluster ${told.cluster}` : location.host;
  setText('place', [name, told.version && `kpl ${told.version}`, told.region, told.endpoint, up].filter(Boolean).join(' · '));
  if (!stream) title('', 'well');
}

function title(stream, severity) {
  shownStream = stream;
  const mark = severity === 'bad' ? '✖ ' : severity === 'warning' ? '! ' : '';
  const text = mark + [stream, tier?.cluster ?? location.host, tier?.region, 'kpl'].filter(Boolean).join(' · ');
  if (document.title !== text) document.title = text;
}

export function connected(at) {
  [shownAt, lostAt] = [at, null];
  document.body.classList.remove('old', 'waiting', 'locked', 'denied');
  byId('key').hidden = true;
  setText('link', 'live', 'pill good');
}

// Old figures look old: they lose their colours, and the sentence says of when they are, and why the tier tells no more.
export function disconnected(refusal = null) {
  setText('link', refusal ? 'refused' : 'no connection', 'pill bad');
  if (!lostAt) say(refusal ? 'The tier refuses this page.' : 'The connection to the tier was lost.');
  lostAt ??= new Date().toISOString();
  document.body.classList.toggle('old', shownAt !== null);
  const told = shownAt ? ` What is shown is of ${time(shownAt)} UTC.` : '';
  const why = refusal ? `The tier refuses this page: ${refusal.code}: ${refusal.message}; this page tries again.`
    : `No connection to the tier since ${time(lostAt)} UTC: look whether its process and the way to it are there; this page tries again.`;
  setText('condition', `${why}${told}`, 'bad');
  title(shownStream, 'bad');
}

export function locked(message) {
  document.body.classList.add('locked');
  document.body.classList.remove('denied');
  byId('key').hidden = false;
  setText('key-told', message);
  setText('link', 'locked', 'pill bad');
  setText('condition', 'This tier tells nothing without a credential.', 'warning');
  byId('secret').focus();
}

// The credential is right, and not for this. Other streams may be.
export function denied(message) {
  document.body.classList.add('locked', 'denied');
  byId('key').hidden = false;
  setText('key-told', '');
  setText('link', 'refused', 'pill bad');
  setText('condition', `The tier refuses this: ${message}; choose another stream, or give another credential.`, 'bad');
}

export function showOwners(owners) {
  const place = byId('owners');
  const text = owners.map(o => o.name).join('\n');
  if (place.dataset.owners === text) return;
  place.dataset.owners = text;
  place.replaceChildren(...marksOf(owners));
}
