"""boto3 as an enhanced fan-out consumer: boto3_fan_out.py URL STREAM COUNT, as fan-out.mjs. Its subscriptions are over HTTP/1.1."""
import base64
import json
import os
import queue
import sys
import threading
import time

import boto3

endpoint, stream, count = sys.argv[1:]
kinesis = boto3.client("kinesis", endpoint_url=endpoint, region_name="us-east-1",
                       aws_access_key_id="stand-in", aws_secret_access_key="stand-in")
found, lock, started, ended = queue.Queue(), threading.Lock(), set(), set()


def register(arn):
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="stand-in")["Consumer"]
    while consumer["ConsumerStatus"] != "ACTIVE":
        time.sleep(0.1)
        consumer = kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])["ConsumerDescription"]
    return consumer["ConsumerARN"]


def start(shard):
    with lock:
        if shard in started:
            return
        started.add(shard)
    threading.Thread(target=follow, args=[shard], daemon=True).start()


def follow(shard):
    try:
        position = {"Type": "TRIM_HORIZON"}
        while position:
            answer = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=shard, StartingPosition=position)
            for message in answer["EventStream"]:
                event = message["SubscribeToShardEvent"]
                for record in event["Records"]:
                    found.put({"shard_id": shard, "sequence_number": record["SequenceNumber"], "partition_key": record["PartitionKey"],
                               "data": base64.b64encode(record["Data"]).decode()})
                number = event.get("ContinuationSequenceNumber")
                position = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number} if number else None
                if position:
                    continue
                with lock:
                    ended.add(shard)
                    ready = [child["ShardId"] for child in event["ChildShards"] if ended.issuperset(child["ParentShards"])]
                for child in ready:
                    start(child)
    except Exception as error:  # the main thread ends with it
        found.put(error)


consumer = register(kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"])
shards = kinesis.list_shards(StreamName=stream)["Shards"]
known = {shard["ShardId"] for shard in shards}
for shard in shards:
    if not known & {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")}:
        start(shard["ShardId"])
for _ in range(int(count)):
    record = found.get()
    if isinstance(record, Exception):
        raise record
    print(json.dumps(record))
sys.stdout.flush()
os._exit(0)
