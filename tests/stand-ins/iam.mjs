// Says of each request whether policies allow it, as IAM decides: JSON from standard input, JSON to standard output.
// In: {"policies":[POLICY...],"resourcePolicy":POLICY?,"principal":ARN,"requests":[{"action","resource","account"}]}; out: ["Allowed", ...].
import { runSimulation } from '@cloud-copilot/iam-simulate';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { policies, resourcePolicy, principal, requests } = JSON.parse(Buffer.concat(chunks).toString());
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const results = [];
for (const { action, resource, account } of requests) {
  const answer = await runSimulation({
    request: { action, principal, resource: { resource, accountId: account }, contextVariables: {} },
    identityPolicies: policies.map((policy, i) => ({ name: `policy${i}`, policy })),
    resourcePolicy,
    serviceControlPolicies: [{ orgIdentifier: 'o-tests', policies: [{ name: 'everything', policy: everything }] }],
    resourceControlPolicies: [],
  }, {});
  results.push(answer.overallResult ?? JSON.stringify(answer.errors));
}
process.stdout.write(JSON.stringify(results));
