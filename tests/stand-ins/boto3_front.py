"""boto3 against the Kinesis front that its environment names: boto3_front.py STREAM [partial], as front.mjs."""
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

stream = sys.argv[1]
kinesis = boto3.client("kinesis", config=Config(retries={"max_attempts": 1}))

if sys.argv[2:] == ["partial"]:
    answer = kinesis.put_records(StreamName=stream, Records=[
        {"PartitionKey": "a", "ExplicitHashKey": hash_key, "Data": b"a"} for hash_key in ("0", str(2 ** 128 - 1))])
    print(json.dumps({"failed": answer["FailedRecordCount"], "codes": [r.get("ErrorCode", "") for r in answer["Records"]],
                      "shards": [r.get("ShardId", "") for r in answer["Records"]]}))
    sys.exit(0)


def error_of(call, **request):
    try:
        call(**request)
        return None
    except ClientError as error:
        return error.response["Error"]["Code"]


kinesis.get_waiter("stream_exists").wait(StreamName=stream)
outcome = {"there": "SUCCESS", "shards": [s["ShardId"] for s in kinesis.list_shards(StreamName=stream)["Shards"]]}
outcome["created"] = hasattr(kinesis.describe_stream(StreamName=stream, Limit=1)["StreamDescription"]["StreamCreationTimestamp"], "year")
outcome["streams"] = [name for page in kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 2}) for name in page["StreamNames"]]
one = kinesis.put_record(StreamName=stream, PartitionKey="one", Data=b"one")
many = kinesis.put_records(StreamName=stream, Records=[{"PartitionKey": f"key-{i}", "Data": f"data-{i}".encode()} for i in range(500)])
outcome["failed"] = many["FailedRecordCount"]
outcome["numbers"] = [one["SequenceNumber"]] + [r["SequenceNumber"] for r in many["Records"]]
outcome["not_there"] = error_of(kinesis.put_record, StreamName="nowhere", PartitionKey="a", Data=b"a")
outcome["no_key"] = error_of(kinesis.put_record, StreamName=stream, PartitionKey="k" * 257, Data=b"a")
outcome["read"] = error_of(kinesis.get_records, ShardIterator="x")
print(json.dumps(outcome))
