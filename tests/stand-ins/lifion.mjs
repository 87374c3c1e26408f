// lifion-kinesis, a consumer by others: leases in DynamoDB, enhanced fan-out, de-aggregation.
//   lifion.mjs KINESIS DYNAMODB STREAM COUNT    reads from the beginning until it has COUNT user records; one JSON object a line
import Kinesis from 'lifion-kinesis';
import { writeLine } from './lines.mjs';

const [endpoint, dynamoDb, streamName, count] = process.argv.slice(2);
const aws = { region: 'us-east-1', accessKeyId: 'stand-in', secretAccessKey: 'stand-in' };
const logger = {
  debug: () => {}, warn: message => process.stderr.write(`${message}\n`), error: (...words) => process.stderr.write(`${words.join(' ')}\n`),
};
const consumer = new Kinesis({
  ...aws, endpoint, streamName, createStreamIfNeeded: false, consumerGroup: 'stand-in', initialPositionInStream: 'TRIM_HORIZON',
  useEnhancedFanOut: true, maxEnhancedConsumers: 1, shouldDeaggregate: true, shouldParseJson: false, leaseAcquisitionInterval: 1000,
  dynamoDb: { ...aws, endpoint: dynamoDb, tableName: 'lifion' }, logger,
});
let left = Number(count);

consumer.on('data', ({ records, shardId }) => {
  for (const r of records) {
    if (left-- <= 0) return;
    writeLine({ shard_id: shardId, sequence_number: r.sequenceNumber, partition_key: r.partitionKey, data: Buffer.from(r.data).toString('base64') });
    if (left === 0) process.stdout.write('', () => process.exit(0));
  }
});
consumer.on('error', error => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
await consumer.startConsumer();
