// Says of objects of Kubernetes what their published types refuse: JSON from standard input, JSON to standard output.
// In: [OBJECT...]; out: for each, a list of messages, empty where the compiler takes it.
// Each object is a literal of TypeScript, because only literals are checked for names that a type does not have.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const packages = ['kubernetes-models', ...['keda', 'prometheus-operator', 'gateway-api', 'cilium'].map(n => `@kubernetes-models/${n}`)];
const folder = dirname(fileURLToPath(import.meta.url));
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const objects = JSON.parse(Buffer.concat(chunks).toString());
const messages = objects.map(() => []);

let text = '';
const starts = [];
objects.forEach(({ apiVersion, kind, ...rest }, i) => {
  starts.push(text.length);
  const found = packages.find(p => existsSync(join(folder, 'node_modules', p, apiVersion, `${kind}.d.ts`)));
  if (!found) messages[i].push(`no type is known for ${apiVersion} ${kind}`);
  else text += `import type { I${kind} as T${i} } from ${JSON.stringify(`${found}/${apiVersion}/${kind}`)};\n`
    + `export const o${i}: T${i} = ${JSON.stringify({ apiVersion, kind, ...rest })};\n`;
});

// The program is one file that exists in memory only, beside the packages.
const name = join(folder, 'objects.ts');
const options = {
  strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: [],
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.getSourceFile = (file, ...more) => file === name ? ts.createSourceFile(file, text, options.target) : getSourceFile(file, ...more);
host.fileExists = file => file === name || fileExists(file);
host.readFile = file => file === name ? text : readFile(file);
const program = ts.createProgram([name], options, host);
for (const diagnostic of [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()]) {
  const told = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  if (diagnostic.file?.fileName !== name) throw new Error(told);
  messages[starts.findLastIndex(s => s <= diagnostic.start)].push(told);
}
process.stdout.write(JSON.stringify(messages));
