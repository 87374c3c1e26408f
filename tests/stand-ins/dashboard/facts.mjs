// Facts of the layout that no eye has to judge: nothing stands over something else or out of its place, and no card leaves a hole beside it.
export const facts = page => page.evaluate(() => {
  const shown = e => e.checkVisibility() && !e.closest('.hidden') && e.getBoundingClientRect().width > 0;
  const name = e => e.id ? `#${e.id}` : `${e.tagName.toLowerCase()} "${e.textContent.trim().slice(0, 30)}"`;
  const all = [...document.querySelectorAll('body *')].filter(shown);
  const width = document.documentElement.clientWidth;
  const wide = document.documentElement.scrollWidth - width;
  const outside = all.filter(e => !e.closest('.skip') && (e.getBoundingClientRect().right > width + 1 || e.getBoundingClientRect().left < -1)).map(name);

  // Text that is cut off, or broken into lines of a few letters.
  const texts = all.filter(e => [...e.childNodes].some(c => c.nodeType === Node.TEXT_NODE && c.textContent.trim()));
  const cut = texts.filter(e => !['OPTION', 'SELECT'].includes(e.tagName) && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').map(name);
  const narrow = texts.filter(e => ['TD', 'TH', 'DD', 'DT'].includes(e.tagName) && e.textContent.trim().length > 8)
    .filter(e => e.getBoundingClientRect().height > 5 * parseFloat(getComputedStyle(e).fontSize) * 1.4).map(name);

  // Of texts and controls beside each other none may stand over another.
  const leaves = texts.concat(all.filter(e => ['INPUT', 'SELECT', 'BUTTON', 'CANVAS'].includes(e.tagName)));
  const boxes = [...new Set(leaves)].map(e => [e, e.getBoundingClientRect()]);
  const overlaps = [];
  boxes.forEach(([a, x], i) => boxes.slice(i + 1).forEach(([b, y]) => {
    const [w, h] = [Math.min(x.right, y.right) - Math.max(x.left, y.left), Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top)];
    if (w > 2 && h > 2 && !a.contains(b) && !b.contains(a)) overlaps.push(`${name(a)} and ${name(b)}`);
  }));

  // What of the page below the sentence is no card: the gaps are some percent of it.
  const main = document.getElementById('main').getBoundingClientRect();
  const cards = [...document.querySelectorAll('main section:not(.numbers), .number')].filter(shown).map(e => e.getBoundingClientRect());
  const bottom = Math.max(0, ...cards.map(c => c.bottom));
  const [left, right] = [Math.min(...cards.map(c => c.left)), Math.max(...cards.map(c => c.right))];
  const covered = cards.length === 0 ? 1 : cards.reduce((sum, c) => sum + c.width * c.height, 0) / ((right - left) * (bottom - Math.min(...cards.map(c => c.top))));
  return { wide, outside, cut, narrow, overlaps: overlaps.slice(0, 10), covered: Math.round(covered * 100) / 100, height: Math.round(main.height) };
});
