// The hash ring as a strip: how much each shard is used, where it is throttled, and who sends for it.
import { shortSilo } from '/dashboard/text.js';

const Top = 2n ** 128n;
export const palette = ['#4c78a8', '#59a14f', '#b07aa1', '#f28e2b', '#76b7b2', '#9c755f', '#edc948', '#e15759'];
// Of the owners for whom none of these is left.
export const others = '#8b8f97';

export class Strip {
  constructor(canvas, onPick) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.shards = [];
    this.shown = [];
    this.picked = 0;
    this.frames = 0;
    this.isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    canvas.addEventListener('pointerdown', e => onPick(this.at(e.offsetX / canvas.clientWidth)));
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.readColours();
  }

  readColours() {
    Object.assign(this, readRamp());
    this.draw();
  }

  // Each owner's colour, for a legend.
  get owners() {
    return ownersOf(this.shards);
  }

  setMap(shards) {
    const colours = new Map(ownersOf(shards).map(o => [o.name, o.colour]));
    const picked = shards.findIndex(s => s.id === this.shards[this.picked]?.id);
    this.shards = shards.map(s => ({
      ...s, x: Number(BigInt(s.from) * 1000000n / Top) / 1e6, end: Number((BigInt(s.to) + 1n) * 1000000n / Top) / 1e6,
      colour: colours.get(s.owner) ?? null,
    }));
    this.shown = this.shards.map(() => 0);
    this.picked = picked >= 0 ? picked : Math.min(this.picked, Math.max(0, shards.length - 1));
    this.draw();
  }

  setPulse(pulse) {
    this.pulse = pulse;
    this.draw();
  }

  pick(index) {
    this.picked = index;
    this.draw();
  }

  at(share) {
    const found = this.shards.findIndex(s => share >= s.x && share < s.end);
    return Math.max(0, found);
  }

  resize() {
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * scale);
    this.canvas.height = Math.round(this.canvas.clientHeight * scale);
    this.draw();
  }

  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      if (this.paint()) this.draw();
    });
  }

  // Returns whether values are still on their way to what they should be.
  paint() {
    this.frames++;
    const { canvas, context: c, colours } = this;
    const [w, h, scale] = [canvas.width, canvas.height, devicePixelRatio || 1];
    c.clearRect(0, 0, w, h);
    const isOwned = this.shards.some(s => s.colour);
    const [bar, marks, band] = isOwned ? [0.66, 0.16, 0.12].map(p => Math.round(h * p)) : [Math.round(h * 0.88), Math.round(h * 0.1), 0];
    let moves = false;
    const gap = this.shards.length < w / 4 ? scale : 0;
    this.shards.forEach((shard, i) => {
      const target = Math.min(1.5, (this.pulse?.utilisation[i] ?? 0) / 1000);
      const step = (target - this.shown[i]) * (this.isStill ? 1 : 0.18);
      this.shown[i] = Math.abs(step) < 0.001 ? target : this.shown[i] + step;
      moves ||= this.shown[i] !== target;
      const x = Math.round(shard.x * w);
      const width = Math.max(1, Math.round(shard.end * w) - x - gap);
      const value = this.shown[i];
      c.fillStyle = colours.idle;
      c.fillRect(x, 0, width, bar);
      const height = Math.max(value > 0.002 ? scale : 0, Math.round(Math.min(1, value) * bar));
      c.fillStyle = this.colourOf(value);
      c.fillRect(x, bar - height, width, height);
      if (shard.state !== 'open') {
        c.fillStyle = colours.accent;
        c.fillRect(x, 0, width, 3 * scale);
      }
      const throttled = this.pulse?.throttled[i] ?? 0;
      if (throttled > 0) {
        c.fillStyle = colours.text;
        const tall = Math.max(3 * scale, Math.min(1, Math.log10(1 + throttled) / 3) * marks);
        c.fillRect(x, bar + marks - tall + scale, Math.max(width, 2 * scale), tall);
      }
      if (!isOwned) return;
      c.fillStyle = shard.colour ?? colours.line;
      c.fillRect(x, h - band, width, band);
    });
    const picked = this.shards[this.picked];
    if (picked) {
      c.strokeStyle = colours.text;
      c.lineWidth = 2 * scale;
      c.strokeRect(picked.x * w + scale, scale, Math.max(3 * scale, (picked.end - picked.x) * w - 2 * scale), h - 2 * scale);
    }
    return moves;
  }

  colourOf(value) {
    return mixed(this.ramp, value <= 0.8 ? value / 0.8 * 2 : 2 + (value - 0.8) / 0.2 * 2);
  }
}

function ownersOf(shards) {
  const names = [...new Set(shards.map(s => s.owner).filter(Boolean))].sort();
  return names.map((name, i) => ({ name, colour: palette[i] ?? others }));
}

// What a legend has for owners: each colour with its name, and how many have that of the others.
export function marksOf(owners) {
  const named = owners.filter(o => o.colour !== others);
  const more = owners.length - named.length;
  return ['sent by ', ...[...named.map(o => [o.colour, shortSilo(o.name)]), ...more > 0 ? [[others, `${more} more`]] : []].flatMap(([colour, text]) => {
    const mark = document.createElement('i');
    mark.style.background = colour;
    return [mark, `${text} `];
  })];
}

// The page's colours as they are now, and those of load: idle, low, mid, high, full.
export function readRamp() {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(['idle', 'low', 'mid', 'high', 'full', 'text', 'dim', 'line', 'card', 'accent']
    .map(n => [n, style.getPropertyValue(`--${n}`).trim()]));
  return { colours, ramp: ['idle', 'low', 'mid', 'high', 'full'].map(n => rgb(colours[n])) };
}

// The colour of a place of the ramp, 0 to 4.
export function mixed(ramp, place) {
  const at = Math.min(place, 3.999);
  const [a, b, t] = [ramp[Math.floor(at)], ramp[Math.floor(at) + 1], at % 1];
  return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * t)).join(',')})`;
}

// Ranges beside each other, each in the colour of what becomes of it: stays, closes or new.
export function drawRanges(canvas, ranges) {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * scale);
  canvas.height = Math.round(canvas.clientHeight * scale);
  const c = canvas.getContext('2d');
  const style = getComputedStyle(document.documentElement);
  ranges.forEach(r => {
    const [x, end] = [Number(BigInt(r.from) * 1000000n / Top) / 1e6 * canvas.width, Number((BigInt(r.to) + 1n) * 1000000n / Top) / 1e6 * canvas.width];
    c.fillStyle = style.getPropertyValue(`--${r.fate ?? 'stays'}`);
    c.fillRect(x, 0, Math.max(1, end - x - scale), canvas.height);
  });
}

function rgb(text) {
  const hex = text.length === 4 ? [...text.slice(1)].map(d => d + d).join('') : text.slice(1);
  return [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16));
}
