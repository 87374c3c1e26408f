// One JSON object a line, in and out.
import readline from 'node:readline';

export async function* readLines() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line) yield JSON.parse(line);
  }
}

export function writeLine(value) {
  process.stdout.write(JSON.stringify(value) + '\n');
}
