// The picture of a stream's load: hash keys from top to bottom, time from left to right. It says the cell that is pointed at or moved to.
import { atLeast, byId, count, minute, number, percent, rows, setText, shortShard, shortSilo } from '/dashboard/text.js';
import { get, streamPath } from '/dashboard/tier.js';
import { marksOf, mixed, others, palette, readRamp } from '/dashboard/strip.js';

const Slots = { hour: 60, day: 96, week: 168 };
const Top = 2n ** 128n;
const Axis = 18;
const Least = 0.25;
const share = key => Number(BigInt(key) * 1000000n / Top) / 1e6;

export class Heat {
  constructor(canvas, onHour) {
    Object.assign(this, { canvas, onHour, context: canvas.getContext('2d'), picture: null, asked: '', cursor: null, drag: null });
    canvas.addEventListener('pointerdown', e => this.begin(e));
    canvas.addEventListener('pointermove', e => this.move(e));
    canvas.addEventListener('pointerup', e => this.end(e));
    canvas.addEventListener('pointercancel', () => { this.drag = null; this.draw(); });
    canvas.addEventListener('keydown', e => this.key(e));
    byId('heat-all').addEventListener('click', () => this.zoom(null));
    byId('heat-span').addEventListener('change', () => { this.asked = ''; });
    byId('heat-table').parentElement.addEventListener('toggle', () => this.list());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  clear() {
    Object.assign(this, { picture: null, asked: '', cursor: null, view: null });
    byId('heat-part').hidden = true;
  }

  // Asks for the picture once a minute, since it has a column a minute.
  async follow(stream, now, colours) {
    const span = byId('heat-span').value;
    const asked = `${stream} ${span} ${Math.floor((now - 2000) / 60000)}`;
    this.colours = colours;
    if (asked === this.asked || document.hidden) return;
    this.asked = asked;
    try {
      const picture = await get(streamPath(stream, `/heat?span=${span}`));
      if (asked !== this.asked) return;
      if (span === 'hour') this.onHour(picture);
      this.show(picture);
    } catch (error) {
      setText('heat-told', `not told: ${error.message}`);
    }
  }

  show(picture) {
    const isSame = this.picture?.span === picture.span;
    this.picture = picture;
    byId('heat-part').hidden = false;
    const seconds = picture.column_seconds * 1000;
    const last = picture.columns.length > 0 ? Date.parse(picture.columns.at(-1).from) : Math.floor(Date.now() / seconds) * seconds;
    this.slots = Slots[picture.span];
    this.from = last - (this.slots - 1) * seconds;
    this.columns = picture.columns.map(c => ({ ...c, slot: Math.round((Date.parse(c.from) - this.from) / seconds) }));
    this.most = Math.max(0, ...this.columns.map(c => Math.max(0, ...c.kib_per_second)));
    this.shards = picture.shards.map(all => all.map(s => ({ ...s, top: share(s.starting_hash_key), end: share(BigInt(s.ending_hash_key) + 1n) })));
    const marks = name => this.columns.reduce((sum, c) => sum + c.marks.reduce((a, m) => a + m[name], 0), 0);
    const told = [count(picture.columns.reduce((sum, c) => sum + c.minutes, 0), 'minute'), `most ${this.kib(this.most)} in a ${picture.rows}th of the keys`];
    for (const name of ['throttled', 'failed']) if (marks(name)) told.push(`${number(marks(name))} ${name}`);
    setText('heat-told', this.most > 0 ? told.join(', ') : 'Nothing was sent to it from here. What other producers send is not seen; a minute shows when it has passed.');
    if (!isSame) this.zoom(null);
    this.canvas.setAttribute('aria-label', `Load by hash key and time: ${byId('heat-told').textContent}`);
    this.say();
    this.list();
    this.draw();
  }

  kib(value) {
    return `${atLeast(0.01, value, v => v < 10 ? v.toFixed(v < 1 ? 2 : 1) : number(Math.round(v)))} KiB/s`;
  }

  zoom(view) {
    this.view = view ?? { left: 0, right: this.slots ?? 60, top: 0, bottom: this.picture?.rows ?? 128 };
    byId('heat-all').disabled = view === null;
    this.draw();
  }

  // The cell at a place of the canvas, within what is shown.
  at(event) {
    const { left, right, top, bottom } = this.view;
    const [x, y] = [event.offsetX / this.canvas.clientWidth, event.offsetY / (this.canvas.clientHeight - Axis)].map(v => Math.min(0.999, Math.max(0, v)));
    return { slot: Math.floor(left + x * (right - left)), row: Math.floor(top + y * (bottom - top)) };
  }

  begin(event) {
    if (!this.picture) return;
    this.drag = { from: this.at(event), x: event.offsetX };
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (!this.picture) return;
    this.cursor = this.at(event);
    this.say();
    this.draw();
  }

  end(event) {
    const drag = this.drag;
    this.drag = null;
    if (!drag || !this.picture) return;
    const [a, b] = [drag.from, this.at(event)];
    if (Math.abs(event.offsetX - drag.x) > 8) {
      const isTall = Math.abs(a.row - b.row) > 2;
      this.zoom({ left: Math.min(a.slot, b.slot), right: Math.max(a.slot, b.slot) + 1, top: isTall ? Math.min(a.row, b.row) : this.view.top, bottom: isTall ? Math.max(a.row, b.row) + 1 : this.view.bottom });
    }
    this.draw();
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], PageUp: [0, -16], PageDown: [0, 16], Home: [-1000, 0], End: [1000, 0] };
    const known = steps[event.key] || ['+', '-', 'Escape'].includes(event.key);
    if (!this.picture || !known || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const { left, right, top, bottom } = this.view;
    const { slot, row } = this.cursor ?? { slot: right - 1, row: top };
    const [x, y] = steps[event.key] ?? [0, 0];
    this.cursor = { slot: clamp(slot + x, 0, this.slots - 1), row: clamp(row + y, 0, this.picture.rows - 1) };
    const factor = { '+': 0.5, '-': 2 }[event.key];
    const [wide, tall] = [Math.max(4, (right - left) * (factor ?? 1)), Math.max(8, (bottom - top) * (factor ?? 1))];
    if (event.key === 'Escape' || wide >= this.slots && tall >= this.picture.rows) this.zoom(null);
    else {
      const from = (want, size, least, most) => clamp(Math.round(want), least, Math.max(least, most - size));
      const isOut = this.cursor.slot < left || this.cursor.slot >= right || this.cursor.row < top || this.cursor.row >= bottom;
      if (factor || isOut) {
        const [l, t] = [from(this.cursor.slot - wide / 2, wide, 0, this.slots), from(this.cursor.row - tall / 2, tall, 0, this.picture.rows)];
        this.zoom({ left: l, right: Math.min(this.slots, l + Math.round(wide)), top: t, bottom: Math.min(this.picture.rows, t + Math.round(tall)) });
      }
    }
    this.say();
    this.draw();
  }

  shardsOf(column) {
    return column && column.shards !== null ? this.shards[column.shards] : [];
  }

  // What a cell says.
  say() {
    if (!this.cursor || !this.picture) return setText('heat-cell', 'Point at a cell, or move with the arrow keys; drag or + to zoom.');
    const { slot, row } = this.cursor;
    const { rows: all, column_seconds: seconds } = this.picture;
    const column = this.columns.find(c => c.slot === slot);
    const at = this.from + slot * seconds * 1000;
    const parts = [`${minute(at)} to ${minute(at + seconds * 1000).slice(-5)} UTC`, `${percent(row / all)} to ${percent((row + 1) / all)} of the keys`];
    if (!column) return setText('heat-cell', `${parts.join(', ')}: not observed`);
    const here = this.shardsOf(column).filter(s => s.top < (row + 1) / all && s.end > row / all);
    parts.push(...here.slice(0, 2).map(s => `${shortShard(s.shard_id)}${s.owner_silo ? ` sent by ${shortSilo(s.owner_silo)}` : ''}`));
    if (here.length > 2) parts.push(`and ${here.length - 2} more`);
    const told = [this.kib(column.kib_per_second[row] ?? 0), `${atLeast(0.1, column.records_per_second[row] ?? 0, v => v.toFixed(1))} Kinesis records/s`,
      `shard ${column.utilisation[row] === 0 && column.kib_per_second[row] > 0 ? 'under 1 %' : percent(column.utilisation[row] ?? 0)} used`];
    for (const name of ['throttled', 'failed']) {
      const marks = column.marks.filter(m => m.row === row || name === 'throttled' && here.some(s => m.row === Math.floor((s.top + s.end) / 2 * all)));
      const sum = marks.reduce((a, m) => a + m[name], 0);
      if (sum) told.push(`${number(sum)} ${name}`);
    }
    for (const key of column.hot_keys.filter(k => Math.floor(share(k.hash_key) * all) === row)) told.push(`hot key ${key.partition_key ?? key.hash_key}: ${this.kib(key.kib_per_second)}`);
    setText('heat-cell', `${parts.join(', ')}: ${told.join(', ')}`);
  }

  // The same for those who do not see it: a row for each time, latest first.
  list() {
    if (!byId('heat-table').parentElement.open || !this.picture) return;
    const right = (text, isBad) => ({ text, style: isBad ? 'r bad' : 'r' });
    rows(byId('heat-rows'), [...this.columns].reverse(), c => {
      const sum = name => c.marks.reduce((a, m) => a + m[name], 0);
      const total = name => c[name].reduce((a, v) => a + v, 0);
      const row = c.kib_per_second.indexOf(Math.max(0, ...c.kib_per_second));
      const warmest = row < 0 ? '–' : `${percent(row / this.picture.rows)} to ${percent((row + 1) / this.picture.rows)}`;
      return [{ text: minute(c.from), head: true }, right(atLeast(1, total('kib_per_second'), v => number(Math.round(v)))), { text: warmest, style: 'r narrow' },
        right(percent(row < 0 ? 0 : c.kib_per_second[row] / total('kib_per_second'))), right(percent(Math.max(0, ...c.utilisation))),
        right(number(sum('throttled')), sum('throttled') > 0), right(number(sum('failed')), sum('failed') > 0), { text: String(this.shardsOf(c).length || '–'), style: 'r narrow' }];
    });
  }

  draw() {
    if (!this.pending) this.pending = requestAnimationFrame(() => { this.pending = 0; this.paint(); });
  }

  paint() {
    const { canvas, context: c, view } = this;
    const scale = devicePixelRatio || 1;
    Object.assign(canvas, { width: Math.round(canvas.clientWidth * scale), height: Math.round(canvas.clientHeight * scale) });
    if (!this.picture || !view) return;
    const { colours, ramp } = readRamp();
    const [w, h] = [canvas.width, canvas.height - Axis * scale];
    const all = this.picture.rows;
    const x = slot => Math.round((slot - view.left) / (view.right - view.left) * w);
    const y = row => Math.round((row - view.top) / (view.bottom - view.top) * h);
    c.save();
    c.beginPath();
    c.rect(0, 0, w, h);
    c.clip();
    const owners = this.owners();
    for (const column of this.columns) {
      const [left, right] = [x(column.slot), x(column.slot + 1)];
      if (right <= 0 || left >= w) continue;
      c.fillStyle = mixed(ramp, 0);
      c.fillRect(left, 0, right - left, h);
      column.kib_per_second.forEach((kib, row) => {
        if (kib <= 0) return;
        c.fillStyle = mixed(ramp, column.danger?.[row] >= 0 ? 3 + column.danger[row] : Least + Math.sqrt(kib / this.most) * (2 - Least));
        c.fillRect(left, y(row), right - left, y(row + 1) - y(row));
      });
      const shards = this.shardsOf(column);
      const isDrawn = shards.length > 0 && h * all / (view.bottom - view.top) / shards.length > 4 * scale;
      for (const shard of isDrawn ? shards : []) {
        const [top, bottom] = [y(shard.top * all), y(shard.end * all)];
        c.fillStyle = owners.get(shard.owner_silo) ?? 'transparent';
        if (owners.size > 1) c.fillRect(left, bottom - 5 * scale, right - left, 5 * scale);
        c.fillStyle = colours.text;
        if (shard.end < 1) c.fillRect(left, bottom - Math.round(scale / 2), right - left, Math.max(1, Math.round(scale)));
      }
    }
    c.lineWidth = 1.5 * scale;
    for (const column of this.columns) for (const mark of column.marks) this.mark(mark, x(column.slot), x(column.slot + 1), y(mark.row + 0.5), scale, colours);
    if (this.cursor) {
      c.strokeStyle = colours.text;
      c.strokeRect(x(this.cursor.slot), y(this.cursor.row), Math.max(3, x(this.cursor.slot + 1) - x(this.cursor.slot)), Math.max(3, y(this.cursor.row + 1) - y(this.cursor.row)));
      if (this.drag) c.strokeRect(x(Math.min(this.drag.from.slot, this.cursor.slot)), 1, Math.abs(x(this.cursor.slot) - x(this.drag.from.slot)), h - 2);
    }
    c.restore();
    this.axis(c, w, h, scale, colours);
    byId('heat-owners').replaceChildren(...owners.size > 1 ? marksOf([...owners].map(([name, colour]) => ({ name, colour }))) : []);
  }

  // Throttles are a bar in the middle of their shard, failures a cross where their key is.
  mark({ throttled, failed }, left, right, y, scale, colours) {
    const c = this.context;
    const [middle, size] = [(left + right) / 2, clamp((right - left) / 2, 2 * scale, 4 * scale)];
    for (const [style, more] of [[colours.card, 2 * scale], [colours.text, 0]]) {
      [c.fillStyle, c.strokeStyle, c.lineWidth] = [style, style, 1.5 * scale + more];
      if (throttled > 0) c.fillRect(left, y - 2 * scale - more / 2, right - left, 4 * scale + more);
      if (failed === 0) continue;
      c.beginPath();
      for (const d of [-1, 1]) { c.moveTo(middle - size, y - d * size); c.lineTo(middle + size, y + d * size); }
      c.stroke();
    }
  }

  // Times below, and the names of the shards as they are now where there is room.
  axis(c, w, h, scale, colours) {
    const { view, picture: { column_seconds: seconds, rows: all } } = this;
    c.font = `${11 * scale}px system-ui, sans-serif`;
    c.textBaseline = 'middle';
    c.fillStyle = colours.dim;
    const step = Math.ceil((view.right - view.left) / (w / scale > 700 ? 5 : 2));
    for (let slot = view.left; slot <= view.right; slot += step) {
      c.textAlign = slot === view.left ? 'left' : view.right - slot < step / 4 ? 'right' : 'center';
      c.fillText(minute(this.from + slot * seconds * 1000), (slot - view.left) / (view.right - view.left) * w, h + Axis * scale / 2 + scale);
    }
    const shown = this.columns.filter(one => one.slot < view.right && one.shards !== null).at(-1);
    c.textAlign = 'left';
    for (const shard of this.shardsOf(shown)) {
      const [top, bottom] = [shard.top, shard.end].map(v => clamp((v * all - view.top) / (view.bottom - view.top), 0, 1) * h);
      if (bottom - top < 16 * scale) continue;
      const name = shortShard(shard.shard_id);
      c.fillStyle = colours.card;
      c.fillRect(0, top + 2 * scale, c.measureText(name).width + 8 * scale, 14 * scale);
      c.fillStyle = colours.text;
      c.fillText(name, 4 * scale, top + 9.5 * scale);
    }
  }

  // Those that the strip shows have its colours.
  owners() {
    const names = [...new Set(this.shards.flat().map(s => s.owner_silo).filter(Boolean))].sort();
    const known = new Map((this.colours ?? []).map(o => [o.name, o.colour]));
    const free = palette.filter(p => ![...known.values()].includes(p));
    return new Map(names.map(n => [n, known.get(n) ?? free.shift() ?? others]));
  }
}

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
