// AWS's JavaScript client against the Kinesis front that its environment names: front.mjs STREAM h1|h2 [partial]. With h2 the client's own handler,
// which speaks HTTP/2 with prior knowledge. Writes one JSON object. With "partial" it puts two records, one for each of two shards.
import {
  KinesisClient, DescribeStreamCommand, GetRecordsCommand, ListShardsCommand, PutRecordCommand, PutRecordsCommand, paginateListStreams, waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { writeLine } from './lines.mjs';

const [StreamName, protocol, mode] = process.argv.slice(2);
const client = new KinesisClient({ maxAttempts: 1, ...(protocol === 'h1' ? { requestHandler: new NodeHttpHandler() } : {}) });

if (mode === 'partial') {
  const { FailedRecordCount, Records } = await client.send(new PutRecordsCommand({
    StreamName, Records: ['0', String(2n ** 128n - 1n)].map(ExplicitHashKey => ({ PartitionKey: 'a', ExplicitHashKey, Data: Buffer.from('a') })),
  }));
  writeLine({ failed: FailedRecordCount, codes: Records.map(r => r.ErrorCode ?? ''), shards: Records.map(r => r.ShardId ?? '') });
  process.exit(0);
}

async function errorOf(command) {
  try { await client.send(command); return null; } catch (error) { return error.name; }
}

const outcome = { protocol: client.config.requestHandler.metadata?.handlerProtocol };
outcome.there = (await waitUntilStreamExists({ client, maxWaitTime: 60 }, { StreamName })).state;
outcome.shards = (await client.send(new ListShardsCommand({ StreamName }))).Shards.map(s => s.ShardId);
outcome.created = (await client.send(new DescribeStreamCommand({ StreamName, Limit: 1 }))).StreamDescription.StreamCreationTimestamp instanceof Date;
outcome.streams = [];
for await (const page of paginateListStreams({ client, pageSize: 2 }, {})) outcome.streams.push(...page.StreamNames);
const one = await client.send(new PutRecordCommand({ StreamName, PartitionKey: 'one', Data: Buffer.from('one') }));
const many = await client.send(new PutRecordsCommand({
  StreamName, Records: Array.from({ length: 500 }, (_, i) => ({ PartitionKey: `key-${i}`, Data: Buffer.from(`data-${i}`) })),
}));
outcome.failed = many.FailedRecordCount;
outcome.numbers = [one.SequenceNumber, ...many.Records.map(r => r.SequenceNumber)];
outcome.not_there = await errorOf(new PutRecordCommand({ StreamName: 'nowhere', PartitionKey: 'a', Data: Buffer.from('a') }));
outcome.no_key = await errorOf(new PutRecordCommand({ StreamName, PartitionKey: '', Data: Buffer.from('a') }));
outcome.read = await errorOf(new GetRecordsCommand({ ShardIterator: 'x' }));
writeLine(outcome);
client.destroy();
