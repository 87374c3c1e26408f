// AWS's SDK for Go v1, which Fluent Bit's and many agents' plugins carry, against a tier's Kinesis front: go_v1_front
// URL STREAM [partial], as front.mjs.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/kinesis"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func codeOf(err error) string {
	if found, ok := err.(awserr.Error); ok {
		return found.Code()
	}
	return fmt.Sprint(err)
}

func main() {
	endpoint, stream := os.Args[1], aws.String(os.Args[2])
	client := kinesis.New(session.Must(session.NewSession(&aws.Config{
		Endpoint: aws.String(endpoint), Region: aws.String("us-east-1"), MaxRetries: aws.Int(0),
		Credentials: credentials.NewStaticCredentials("stand-in", "stand-in", ""),
	})))

	if len(os.Args) > 3 {
		entries := []*kinesis.PutRecordsRequestEntry{}
		for _, hash := range []string{"0", "340282366920938463463374607431768211455"} {
			entries = append(entries, &kinesis.PutRecordsRequestEntry{PartitionKey: aws.String("a"), ExplicitHashKey: aws.String(hash), Data: []byte("a")})
		}
		answer, err := client.PutRecords(&kinesis.PutRecordsInput{StreamName: stream, Records: entries})
		must(err)
		codes, shards := []string{}, []string{}
		for _, record := range answer.Records {
			codes, shards = append(codes, aws.StringValue(record.ErrorCode)), append(shards, aws.StringValue(record.ShardId))
		}
		must(json.NewEncoder(os.Stdout).Encode(map[string]any{"failed": *answer.FailedRecordCount, "codes": codes, "shards": shards}))
		return
	}

	must(client.WaitUntilStreamExists(&kinesis.DescribeStreamInput{StreamName: stream}))
	shards, err := client.ListShards(&kinesis.ListShardsInput{StreamName: stream})
	must(err)
	ids := []string{}
	for _, shard := range shards.Shards {
		ids = append(ids, *shard.ShardId)
	}
	described, err := client.DescribeStream(&kinesis.DescribeStreamInput{StreamName: stream, Limit: aws.Int64(1)})
	must(err)
	streams := []string{}
	must(client.ListStreamsPages(&kinesis.ListStreamsInput{Limit: aws.Int64(2)}, func(page *kinesis.ListStreamsOutput, last bool) bool {
		streams = append(streams, aws.StringValueSlice(page.StreamNames)...)
		return true
	}))

	one, err := client.PutRecord(&kinesis.PutRecordInput{StreamName: stream, PartitionKey: aws.String("one"), Data: []byte("one")})
	must(err)
	entries := []*kinesis.PutRecordsRequestEntry{}
	for i := 0; i < 500; i++ {
		entries = append(entries, &kinesis.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprintf("key-%d", i)), Data: []byte(fmt.Sprintf("data-%d", i))})
	}
	many, err := client.PutRecords(&kinesis.PutRecordsInput{StreamName: stream, Records: entries})
	must(err)
	numbers := []string{*one.SequenceNumber}
	for _, record := range many.Records {
		numbers = append(numbers, *record.SequenceNumber)
	}

	// The client itself refuses an empty key: one that is too long gets through to the tier.
	_, notThere := client.PutRecord(&kinesis.PutRecordInput{StreamName: aws.String("nowhere"), PartitionKey: aws.String("a"), Data: []byte("a")})
	_, noKey := client.PutRecord(&kinesis.PutRecordInput{StreamName: stream, PartitionKey: aws.String(fmt.Sprintf("%0257d", 0)), Data: []byte("a")})
	_, read := client.GetRecords(&kinesis.GetRecordsInput{ShardIterator: aws.String("x")})
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"there": "SUCCESS", "shards": ids, "created": described.StreamDescription.StreamCreationTimestamp != nil, "streams": streams,
		"failed": *many.FailedRecordCount, "numbers": numbers, "not_there": codeOf(notThere), "no_key": codeOf(noKey), "read": codeOf(read),
	}))
}
