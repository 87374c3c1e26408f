// AWS's JavaScript client against any endpoint.
//   client.mjs create URL STREAM SHARDS    makes the stream and waits until it is ACTIVE
//   client.mjs put URL STREAM              puts the Kinesis records of standard input, one JSON object a line
//   client.mjs read URL STREAM             writes every Kinesis record of the stream, one JSON object a line
// A line is {"shard_id","sequence_number","partition_key","explicit_hash_key","data"}, data in base64.
import {
  KinesisClient, CreateStreamCommand, GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand, PutRecordsCommand, waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { readLines, writeLine } from './lines.mjs';

const [verb, endpoint, StreamName, shards] = process.argv.slice(2);
const client = new KinesisClient({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'stand-in', secretAccessKey: 'stand-in' },
  // The client's own handler speaks HTTP/2 without TLS, which these endpoints do not.
  requestHandler: new NodeHttpHandler(),
});

const verbs = {
  async create() {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: Number(shards) }));
    await waitUntilStreamExists({ client, maxWaitTime: 180, minDelay: 1, maxDelay: 1 }, { StreamName });
  },

  async put() {
    const Records = [];
    for await (const line of readLines()) {
      Records.push({ Data: Buffer.from(line.data, 'base64'), PartitionKey: line.partition_key, ExplicitHashKey: line.explicit_hash_key ?? undefined });
    }
    const answer = await client.send(new PutRecordsCommand({ StreamName, Records }));
    if (answer.FailedRecordCount) throw new Error(JSON.stringify(answer.Records.filter(r => r.ErrorCode)));
  },

  async read() {
    const list = await client.send(new ListShardsCommand({ StreamName }));
    for (const { ShardId } of list.Shards) await readShard(ShardId);
  },
};

async function readShard(ShardId) {
  const start = await client.send(new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
  for (let iterator = start.ShardIterator; iterator;) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    for (const r of page.Records) {
      writeLine({ shard_id: ShardId, sequence_number: r.SequenceNumber, partition_key: r.PartitionKey, data: Buffer.from(r.Data).toString('base64') });
    }
    if (page.Records.length === 0 && page.MillisBehindLatest === 0) return;
    iterator = page.NextShardIterator;
  }
}

await verbs[verb]();
