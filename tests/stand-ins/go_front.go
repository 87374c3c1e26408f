// AWS's SDK for Go v2 against a tier's Kinesis front: go_front URL STREAM [partial], as front.mjs. It is built without modules, from the packages of
// the system, whose version does not know the environment's endpoint yet.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func codeOf(err error) string {
	var found smithy.APIError
	if errors.As(err, &found) {
		return found.ErrorCode()
	}
	return fmt.Sprint(err)
}

func main() {
	endpoint, stream := os.Args[1], aws.String(os.Args[2])
	ctx := context.Background()
	client := kinesis.New(kinesis.Options{
		Region:           "us-east-1",
		Credentials:      credentials.NewStaticCredentialsProvider("stand-in", "stand-in", ""),
		EndpointResolver: kinesis.EndpointResolverFromURL(endpoint),
		RetryMaxAttempts: 1,
	})

	if len(os.Args) > 3 {
		entries := []types.PutRecordsRequestEntry{}
		for _, hash := range []string{"0", "340282366920938463463374607431768211455"} {
			entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: aws.String("a"), ExplicitHashKey: aws.String(hash), Data: []byte("a")})
		}
		answer, err := client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: stream, Records: entries})
		must(err)
		codes, shards := []string{}, []string{}
		for _, record := range answer.Records {
			codes, shards = append(codes, aws.ToString(record.ErrorCode)), append(shards, aws.ToString(record.ShardId))
		}
		must(json.NewEncoder(os.Stdout).Encode(map[string]any{"failed": *answer.FailedRecordCount, "codes": codes, "shards": shards}))
		return
	}

	must(kinesis.NewStreamExistsWaiter(client).Wait(ctx, &kinesis.DescribeStreamInput{StreamName: stream}, time.Minute))
	shards, err := client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: stream})
	must(err)
	ids := []string{}
	for _, shard := range shards.Shards {
		ids = append(ids, *shard.ShardId)
	}
	described, err := client.DescribeStream(ctx, &kinesis.DescribeStreamInput{StreamName: stream, Limit: aws.Int32(1)})
	must(err)
	streams := []string{}
	for request := (&kinesis.ListStreamsInput{Limit: aws.Int32(2)}); ; {
		page, err := client.ListStreams(ctx, request)
		must(err)
		streams = append(streams, page.StreamNames...)
		if !*page.HasMoreStreams {
			break
		}
		request.ExclusiveStartStreamName = aws.String(page.StreamNames[len(page.StreamNames)-1])
	}

	one, err := client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: stream, PartitionKey: aws.String("one"), Data: []byte("one")})
	must(err)
	entries := []types.PutRecordsRequestEntry{}
	for i := 0; i < 500; i++ {
		entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprintf("key-%d", i)), Data: []byte(fmt.Sprintf("data-%d", i))})
	}
	many, err := client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: stream, Records: entries})
	must(err)
	numbers := []string{*one.SequenceNumber}
	for _, record := range many.Records {
		numbers = append(numbers, *record.SequenceNumber)
	}

	_, notThere := client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("nowhere"), PartitionKey: aws.String("a"), Data: []byte("a")})
	_, noKey := client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: stream, PartitionKey: aws.String(""), Data: []byte("a")})
	_, read := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("x")})
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"there": "SUCCESS", "shards": ids, "created": described.StreamDescription.StreamCreationTimestamp != nil, "streams": streams,
		"failed": *many.FailedRecordCount, "numbers": numbers, "not_there": codeOf(notThere), "no_key": codeOf(noKey), "read": codeOf(read),
	}))
}
