// AWS's JavaScript client as an enhanced fan-out consumer, over HTTP/2 as it comes.
//   fan-out.mjs URL STREAM COUNT    registers a consumer, subscribes to every shard, children after their parents, until it has COUNT
//                                   Kinesis records; writes them as client.mjs does, and the protocol to standard error
import {
  DescribeStreamConsumerCommand, DescribeStreamSummaryCommand, KinesisClient, ListShardsCommand, RegisterStreamConsumerCommand, SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis';
import { writeLine } from './lines.mjs';

const [endpoint, StreamName, count] = process.argv.slice(2);
const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'stand-in', secretAccessKey: 'stand-in' } });
const [started, ended] = [new Set(), new Set()];
let left = Number(count);

const { StreamARN } = (await client.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary;
const ConsumerARN = await register();
const { Shards } = await client.send(new ListShardsCommand({ StreamName }));
const known = new Set(Shards.map(shard => shard.ShardId));
const first = Shards.filter(shard => !known.has(shard.ParentShardId) && !known.has(shard.AdjacentParentShardId));
await new Promise((resolve, reject) => first.forEach(shard => start(shard.ShardId, resolve, reject)));
process.stderr.write(`protocol ${client.config.requestHandler.metadata?.handlerProtocol}\n`);
process.stdout.write('', () => process.exit(0));

async function register() {
  const { Consumer } = await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'stand-in' }));
  for (let status = Consumer.ConsumerStatus; status !== 'ACTIVE';) {
    await new Promise(resolve => setTimeout(resolve, 100));
    status = (await client.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: 'stand-in' }))).ConsumerDescription.ConsumerStatus;
  }
  return Consumer.ConsumerARN;
}

function start(ShardId, resolve, reject) {
  if (started.has(ShardId)) return;
  started.add(ShardId);
  follow(ShardId, resolve, reject).catch(reject);
}

async function follow(ShardId, resolve, reject) {
  for (let position = { Type: 'TRIM_HORIZON' }; position;) {
    const { EventStream } = await client.send(new SubscribeToShardCommand({ ConsumerARN, ShardId, StartingPosition: position }));
    for await (const { SubscribeToShardEvent: event } of EventStream) {
      for (const r of event.Records) {
        writeLine({ shard_id: ShardId, sequence_number: r.SequenceNumber, partition_key: r.PartitionKey, data: Buffer.from(r.Data).toString('base64') });
        if (--left === 0) return resolve();
      }
      position = event.ContinuationSequenceNumber && { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: event.ContinuationSequenceNumber };
      if (position) continue;
      ended.add(ShardId);
      for (const child of event.ChildShards) {
        if (child.ParentShards.every(parent => ended.has(parent))) start(child.ShardId, resolve, reject);
      }
    }
  }
}
