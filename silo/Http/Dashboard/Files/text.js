// How numbers and elements are written. Every text goes in as text: nothing from the tier is ever read as HTML.
export const byId = id => document.getElementById(id);

export function setText(id, text, style) {
  const place = byId(id);
  if (place.textContent !== text) place.textContent = text;
  if (style !== undefined && place.className !== style) place.className = style;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function number(value) {
  if (value == null || Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (Math.abs(value) >= 1e7) return `${(value / 1e6).toFixed(1)} M`;
  return whole.format(value);
}

// Such as 1 shard or 2,000 shards.
export function count(value, one) {
  return `${number(value)} ${one}${value === 1 ? '' : 's'}`;
}

export function percent(share) {
  return share == null ? '–' : `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;
}

// What is there but small is not told as nothing.
export function atLeast(least, value, text) {
  return value > 0 && value < least ? `under ${least}` : text(value);
}

// How full a shard's bucket is. Below zero it pays off a large record.
export function fill(share) {
  return share < 0 ? 'empty: a large record is paid off' : `${percent(share)} full`;
}

export function seconds(value) {
  if (value == null) return '–';
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 120) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return value < 172800 ? `${Math.round(value / 3600)} h` : `${Math.round(value / 86400)} d`;
}

export function bytes(value) {
  if (value == null) return '–';
  if (value < 1024) return `${value} B`;
  return value < 1 << 20 ? `${(value / 1024).toFixed(0)} KiB` : `${(value / (1 << 20)).toFixed(1)} MiB`;
}

// In UTC, as logs and sentences of the tier have it; with the day where it is another one.
export function time(text) {
  const iso = new Date(text).toISOString();
  return iso.slice(0, 10) === new Date().toISOString().slice(0, 10) ? iso.slice(11, 19) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

// The same to the minute.
export function minute(text) {
  return time(text).replace(/^(\d\d:\d\d):\d\d$/, '$1');
}

export function shortShard(id) {
  return id.replace(/^shardId-0*(?=\d)/, '#');
}

// Orleans writes S127.0.0.1:11111:154459804, with the number of the start; people know the address.
export function shortSilo(name) {
  return name?.replace(/^S(.+):\d+$/, '$1') ?? null;
}

// Hash keys have up to 39 digits. A range is told as its shard, or as a part of all keys.
export function shortKeys(text, shards = []) {
  const share = key => `${(Number(BigInt(key) * 100000n / 2n ** 128n) / 1000).toFixed(1).replace(/\.0$/, '')} %`;
  return text
    .replace(/\b(\d+) to (\d{20,39})\b/g, (_, from, to) => {
      const shard = shards.find(s => s.from === from && s.to === to);
      return shard ? shortShard(shard.id) : `${share(from)} to ${share(String(BigInt(to) + 1n))} of the keys`;
    })
    .replace(/\b\d{20,39}\b/g, key => share(key))
    .replace(/shardId-0*(?=\d)/g, '#');
}

// The first line of a message: what follows is for logs.
export function oneLine(text) {
  return String(text).split('\n')[0].split('   at ')[0].trim();
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'class') made.className = value;
    else if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(c => c !== null && c !== undefined));
  return made;
}

// Rows are kept and only their changed cells are written, so that a page that is watched for days makes no garbage of elements.
export function rows(body, list, cells) {
  while (body.rows.length > list.length) body.deleteRow(-1);
  list.forEach((item, i) => {
    const row = body.rows[i] ?? body.insertRow();
    cells(item, i).forEach((cell, c) => {
      const { text = cell, style = '', head = false, action = null, label = null } = cell instanceof Object ? cell : {};
      let place = row.cells[c];
      if (!place) {
        place = document.createElement(head ? 'th' : 'td');
        if (head) place.scope = 'row';
        row.append(place);
      }
      if (place.className !== style) place.className = style;
      if (action) {
        let button = place.firstElementChild;
        if (!button) {
          button = element('button', { type: 'button', class: 'small', onclick: () => button.act() });
          place.append(button);
        }
        button.act = action;
        if (button.textContent !== String(text)) button.textContent = text;
        if (label && button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label);
      } else if (place.textContent !== String(text)) {
        place.textContent = text;
      }
    });
  });
}

export function list(pairs) {
  return element('dl', {}, ...pairs.filter(([, value]) => value !== null && value !== undefined)
    .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, String(value))]));
}
