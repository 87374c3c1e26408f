// A small line of the last hour, or of as much of it as is known. What was before the page was opened comes from the tier.
const [Shortest, Longest, Slot] = [60000, 3600000, 5000];

export class Spark {
  constructor(canvas) {
    Object.assign(this, { canvas, points: [], since: Infinity });
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  // The past: times and values, oldest first. What was seen since stays.
  begin(past) {
    this.points = [...past.filter(([at]) => at < this.since).map(([at, value]) => [at, value, 1]), ...this.points.filter(([at]) => at >= this.since)];
    this.paint();
  }

  // What comes within five seconds is one point, its mean.
  add(at, value = 0) {
    this.since = Math.min(this.since, at);
    const last = this.points.findLast(([seen]) => seen >= this.since);
    if (last && Math.floor(last[0] / Slot) === Math.floor(at / Slot)) this.points.splice(-1, 1, [at, last[1] + (value - last[1]) / (last[2] + 1), last[2] + 1]);
    else this.points.push([at, value, 1]);
    while (this.points[0][0] < at - Longest) this.points.shift();
    this.paint();
  }

  clear() {
    [this.points, this.since] = [[], Infinity];
    this.paint();
  }

  paint() {
    const { canvas, points } = this;
    const scale = devicePixelRatio || 1;
    const [w, h] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const c = canvas.getContext('2d');
    c.clearRect(0, 0, w, h);
    if (points.length === 0) return;
    const style = getComputedStyle(document.documentElement);
    const [most, end] = [Math.max(1, ...points.map(p => p[1])), points.at(-1)[0]];
    const window = Math.max(Shortest, end - points[0][0]);
    const place = ([at, value]) => [w - (end - at) / window * w, h - 2 * scale - value / most * (h - 5 * scale)];
    c.strokeStyle = style.getPropertyValue('--line');
    c.lineWidth = scale;
    c.beginPath();
    c.moveTo(0, h - scale);
    c.lineTo(w, h - scale);
    c.stroke();
    c.strokeStyle = style.getPropertyValue('--mid');
    c.lineWidth = 1.5 * scale;
    c.beginPath();
    points.forEach((p, i) => (i === 0 ? c.moveTo(...place(p)) : c.lineTo(...place(p))));
    c.stroke();
  }
}
