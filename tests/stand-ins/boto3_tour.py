"""What clients do beside single calls, by boto3 with its waiters and paginators: boto3_tour.py URL, as tour.mjs."""
import json
import sys

import boto3
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis", endpoint_url=sys.argv[1], region_name="us-east-1",
                       aws_access_key_id="stand-in", aws_secret_access_key="stand-in")
WAITER = {"Delay": 1, "MaxAttempts": 60}
STREAMS = [f"tour-{i}" for i in range(5)]
STREAM = STREAMS[0]


def wait(waiter, stream):
    kinesis.get_waiter(waiter).wait(StreamName=stream, WaiterConfig=WAITER)
    return "SUCCESS"


def pages(operation, size, member, **request):
    return [member(page) for page in kinesis.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **request)]


def ids(shards):
    return [shard["ShardId"] for shard in shards]


def listed():
    found, request = [], {"StreamName": STREAM}
    while request:
        page = kinesis.list_shards(MaxResults=2, **request)
        found.append(ids(page["Shards"]))
        request = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    return found


def error_of(call):
    try:
        call()
        return None
    except ClientError as error:
        return error.response["Error"]["Code"]


outcome = {"not_there": wait("stream_not_exists", STREAM)}
for name in STREAMS:
    kinesis.create_stream(StreamName=name, ShardCount=5)
for name in STREAMS:
    outcome["there"] = wait("stream_exists", name)
outcome["streams"] = pages("list_streams", 2, lambda page: page["StreamNames"])
outcome["described"] = pages("describe_stream", 2, lambda page: ids(page["StreamDescription"]["Shards"]), StreamName=STREAM)
outcome["listed"] = listed()
outcome["listed_one_page"] = pages("list_shards", 10, lambda page: ids(page["Shards"]), StreamName=STREAM)
outcome["listed_with_name"] = error_of(lambda: pages("list_shards", 2, lambda page: ids(page["Shards"]), StreamName=STREAM))
arn = kinesis.describe_stream(StreamName=STREAM)["StreamDescription"]["StreamARN"]
for name in ["tour-a", "tour-b", "tour-c"]:
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)
outcome["consumers"] = pages("list_stream_consumers", 2, lambda page: [consumer["ConsumerName"] for consumer in page["Consumers"]], StreamARN=arn)
outcome["deleted_with_consumers"] = error_of(lambda: kinesis.delete_stream(StreamName=STREAM))
records = [{"Data": bytes([i % 256]) * 1_000, "PartitionKey": str(i), "ExplicitHashKey": "0"} for i in range(500)]
outcome["put_failed"] = kinesis.put_records(StreamName=STREAM, Records=records)["FailedRecordCount"]
iterator = kinesis.get_shard_iterator(StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
outcome["read"] = len(kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"])
kinesis.delete_stream(StreamName=STREAM, EnforceConsumerDeletion=True)
outcome["gone"] = wait("stream_not_exists", STREAM)
print(json.dumps(outcome))
