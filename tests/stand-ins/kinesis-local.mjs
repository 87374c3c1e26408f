// Starts kinesis-local (what LocalStack ships) on a free loopback port, says "ready PORT" on standard output and ends when its
// standard input does. It would listen on every address and does not tell which port it got for 0: so it is given two marks as
// ports, and both become free ports here.
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';

const plainMark = 1;
const tlsMark = 2;
Object.assign(process.env, {
  KINESIS_MOCK_PLAIN_PORT: `${plainMark}`,
  KINESIS_MOCK_TLS_PORT: `${tlsMark}`,
  SHARD_LIMIT: '500',
  CREATE_STREAM_DURATION: '20ms',
  LOG_LEVEL: 'ERROR',
});

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const mark = args[0]?.port ?? args[0];
  if (mark === plainMark) this.once('listening', () => console.log(`ready ${this.address().port}`));
  return listen.call(this, { port: 0, host: '127.0.0.1' }, args.findLast(a => typeof a === 'function'));
};

// It reads server.json from the folder that it is started in.
const require = createRequire(import.meta.url);
const program = require.resolve('kinesis-local');
process.chdir(path.dirname(program));
process.stdin.on('end', () => process.exit(0)).resume();
require(program);
