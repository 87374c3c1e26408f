// A way to a tier that can be cut, or on which nothing comes through for a while: the page is on one side of it.
import { createConnection, createServer } from 'node:net';

export async function proxy(tier) {
  const { hostname, port } = new URL(tier);
  const sockets = new Set();
  const outers = new Set();
  let isHushed = false;
  const server = createServer(inner => {
    const outer = createConnection(Number(port), hostname);
    outers.add(outer);
    outer.on('close', () => outers.delete(outer));
    for (const [one, two] of [[inner, outer], [outer, inner]]) {
      sockets.add(one);
      one.on('error', () => two.destroy());
      one.on('close', () => { sockets.delete(one); two.destroy(); });
      one.pipe(two);
    }
    if (isHushed) outer.pause();
  });
  await new Promise(go => server.listen(0, '127.0.0.1', go));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    // As of a frozen process, or of a network that drops what it is given: every connection stays.
    hush() {
      isHushed = true;
      outers.forEach(o => o.pause());
    },
    speak() {
      isHushed = false;
      outers.forEach(o => o.resume());
    },
    cut() {
      server.close();
      sockets.forEach(s => s.destroy());
    },
  };
}
