// Starts kinesalite on a free loopback port, says "ready PORT" on standard output and ends when its standard input does.
import kinesalite from 'kinesalite';

const server = kinesalite({ createStreamMs: 20, deleteStreamMs: 20, updateStreamMs: 20, shardLimit: 500 });
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
