// What AWS's clients do beside single calls, by the JavaScript client as it comes, with its own handler: HTTP/2, with prior knowledge
// where the endpoint has no TLS.
//   sdk.mjs URL STREAM    makes the stream and waits for it, pages through everything, deletes it and waits for that
// Writes one JSON object: for each step what came of it.
import {
  KinesisClient, CreateStreamCommand, DeleteStreamCommand, DescribeStreamCommand, ListShardsCommand, PutRecordsCommand, SplitShardCommand,
  paginateListStreams, paginateListStreamConsumers, waitUntilStreamExists, waitUntilStreamNotExists,
} from '@aws-sdk/client-kinesis';

const [endpoint, StreamName] = process.argv.slice(2);
const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'stand-in', secretAccessKey: 'stand-in' } });
