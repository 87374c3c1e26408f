// A way to a tier that can be cut: the page is on one side of it.
import { createConnection, createServer } from 'node:net';

export async function proxy(tier) {
  const { hostname, port } = new URL(tier);
  const sockets = new Set();
  const server = createServer(inner => {
    const outer = createConnection(Number(port), hostname);
    for (const [one, two] of [[inner, outer], [outer, inner]]) {
      sockets.add(one);
      one.on('error', () => two.destroy());
      one.on('close', () => { sockets.delete(one); two.destroy(); });
      one.pipe(two);
    }
  });
  await new Promise(go => server.listen(0, '127.0.0.1', go));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      server.close();
      sockets.forEach(s => s.destroy());
    },
  };
}
