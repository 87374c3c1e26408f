// What clients do beside single calls, by AWS's JavaScript client as it comes: its own handler speaks HTTP/2, with prior knowledge where
// the endpoint has no TLS.
//   tour.mjs URL    makes streams and waits for them, pages through what there is, puts and reads, deletes and waits for that
// Writes one JSON object: what came of each step.
import {
  KinesisClient, CreateStreamCommand, DeleteStreamCommand, DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand,
  PutRecordsCommand, RegisterStreamConsumerCommand, paginateListStreamConsumers, paginateListStreams, waitUntilStreamExists, waitUntilStreamNotExists,
} from '@aws-sdk/client-kinesis';
import { writeLine } from './lines.mjs';

const [endpoint] = process.argv.slice(2);
const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'stand-in', secretAccessKey: 'stand-in' } });
const waiter = { client, maxWaitTime: 180, minDelay: 1, maxDelay: 1 };
const streams = ['tour-0', 'tour-1', 'tour-2', 'tour-3', 'tour-4'];
const [StreamName] = streams;

async function errorOf(call) {
  try { await call(); return null; } catch (error) { return error.name; }
}

async function pages(paginator, member) {
  const found = [];
  for await (const page of paginator) found.push(page[member]);
  return found;
}

async function described() {
  const found = [];
  for (let more = true; more;) {
    const page = await client.send(new DescribeStreamCommand({ StreamName, Limit: 2, ExclusiveStartShardId: found.at(-1)?.at(-1) }));
    found.push(page.StreamDescription.Shards.map(s => s.ShardId));
    more = page.StreamDescription.HasMoreShards;
  }
  return found;
}

async function listed() {
  const found = [];
  for (let token; found.length === 0 || token;) {
    const page = await client.send(new ListShardsCommand(token ? { NextToken: token, MaxResults: 2 } : { StreamName, MaxResults: 2 }));
    found.push(page.Shards.map(s => s.ShardId));
    token = page.NextToken;
  }
  return found;
}

async function listedWithName() {
  const { NextToken } = await client.send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  await client.send(new ListShardsCommand({ StreamName, NextToken, MaxResults: 2 }));
}

async function put() {
  const Records = Array.from({ length: 500 }, (_, i) => ({ Data: Buffer.alloc(1_000, i), PartitionKey: `${i}`, ExplicitHashKey: '0' }));
  return (await client.send(new PutRecordsCommand({ StreamName, Records }))).FailedRecordCount;
}

async function read() {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }));
  return (await client.send(new GetRecordsCommand({ ShardIterator }))).Records.length;
}

const outcome = { protocol: client.config.requestHandler.metadata?.handlerProtocol };
outcome.not_there = (await waitUntilStreamNotExists(waiter, { StreamName })).state;
for (const name of streams) await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 5 }));
for (const name of streams) outcome.there = (await waitUntilStreamExists(waiter, { StreamName: name })).state;
outcome.streams = await pages(paginateListStreams({ client, pageSize: 2 }, {}), 'StreamNames');
outcome.described = await described();
outcome.listed = await listed();
outcome.listed_with_name = await errorOf(listedWithName);
const StreamARN = (await client.send(new DescribeStreamCommand({ StreamName }))).StreamDescription.StreamARN;
for (const ConsumerName of ['tour-a', 'tour-b', 'tour-c']) await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
outcome.consumers = (await pages(paginateListStreamConsumers({ client, pageSize: 2 }, { StreamARN }), 'Consumers'))
  .map(page => page.map(consumer => consumer.ConsumerName));
outcome.deleted_with_consumers = await errorOf(() => client.send(new DeleteStreamCommand({ StreamName })));
outcome.put_failed = await put();
outcome.read = await read();
await client.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
outcome.gone = (await waitUntilStreamNotExists(waiter, { StreamName })).state;
writeLine(outcome);
client.destroy();
