// AWS's own aggregation library. Both verbs turn lines of standard input into lines of standard output, as client.mjs writes them.
//   aggregates.mjs split    Kinesis records into their user records; plain ones pass as they are, a wrong MD5 is an error
//   aggregates.mjs join     user records into aggregates
import aggregation from 'aws-kinesis-agg';
import { readLines, writeLine } from './lines.mjs';

const verbs = {
  split(lines) {
    for (const line of lines) {
      const record = { partitionKey: line.partition_key, sequenceNumber: line.sequence_number, data: line.data };
      aggregation.deaggregateSync(record, true, (error, members) => {
        if (error) throw error;
        // It names table entry 0 as hash key of members that have none, so hash keys are left out.
        for (const m of members) {
          writeLine({
            shard_id: line.shard_id, sequence_number: line.sequence_number, sub_sequence_number: m.subSequenceNumber ?? 0,
            partition_key: m.partitionKey, data: m.data, members: members.length,
          });
        }
      });
    }
  },

  join(lines) {
    const records = lines.map(l => ({ partitionKey: l.partition_key, explicitHashKey: l.explicit_hash_key ?? undefined, data: Buffer.from(l.data, 'base64') }));
    aggregation.aggregate(
      records,
      (encoded, done) => {
        writeLine({ partition_key: encoded.partitionKey, explicit_hash_key: encoded.explicitHashKey ?? null, data: Buffer.from(encoded.data).toString('base64') });
        done();
      },
      () => {},
      error => { throw error; });
  },
};

const lines = [];
for await (const line of readLines()) lines.push(line);
verbs[process.argv[2]](lines);
