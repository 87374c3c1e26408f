"""boto3 against any endpoint: boto3_read.py URL STREAM writes every Kinesis record of the stream, as client.mjs read does."""
import base64
import json
import sys

import boto3

endpoint, stream = sys.argv[1:]
kinesis = boto3.client("kinesis", endpoint_url=endpoint, region_name="us-east-1",
                       aws_access_key_id="stand-in", aws_secret_access_key="stand-in")

for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    while iterator:
        page = kinesis.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            print(json.dumps({
                "shard_id": shard["ShardId"],
                "sequence_number": record["SequenceNumber"],
                "partition_key": record["PartitionKey"],
                "data": base64.b64encode(record["Data"]).decode(),
            }))
        if not page["Records"] and page["MillisBehindLatest"] == 0:
            break
        iterator = page.get("NextShardIterator")
