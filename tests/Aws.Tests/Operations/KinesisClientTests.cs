using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Operations;

/// <summary>Each operation's request as it is on the wire, and its answer as Kinesis gives it.</summary>
public sealed class KinesisClientTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

    private static readonly DateTimeOffset SomeTime = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    [Fact]
    public async Task PutRecords_WhenAnswered_ReadsEachEntryWhateverTheOrderOfItsMembers()
    {
        await using var server = WireServer.Answering(200, """
            { "Records": [
                {"SequenceNumber":"49640","ShardId":"shardId-000000000001"},
                {"ErrorMessage":"Rate exceeded for shard shardId-000000000002 in stream events under account 111122223333.","Unknown":{"a":[1]},"ErrorCode":"ProvisionedThroughputExceededException"},
                {"ErrorCode":null,"ShardId":"shardId-000000000001","ErrorMessage":null,"SequenceNumber":"49641"}
              ], "EncryptionType": "KMS", "FailedRecordCount": 1 }
            """);
        using var gateway = Gateways.To(server.Address);

        var reply = await gateway.PutRecordsAsync(Gateways.Stream(), Gateways.Entries((3, "a", 0), (0, "b", 1), (1, "c", 2)), default);

        Assert.Equal(
            [
                new PutRecordsReplyEntry("shardId-000000000001", "49640", null, null),
                new PutRecordsReplyEntry(null, null, "ProvisionedThroughputExceededException",
                    "Rate exceeded for shard shardId-000000000002 in stream events under account 111122223333."),
                new PutRecordsReplyEntry("shardId-000000000001", "49641", null, null),
            ],
            reply.Entries);
        var request = AssertRequest(server, "PutRecords", """
            {"Records":[{"Data":"AAEC","PartitionKey":"a","ExplicitHashKey":"0"},{"Data":"","PartitionKey":"b","ExplicitHashKey":"1"},{"Data":"AA==","PartitionKey":"c","ExplicitHashKey":"2"}],"StreamName":"events"}
            """);
        Assert.Equal("application/x-amz-json-1.1", request.Header("Content-Type"));
        Assert.Equal("POST / HTTP/1.1", request.RequestLine);
        Assert.False(request.Headers.ContainsKey("Expect"));
        Assert.False(request.Headers.ContainsKey("Accept-Encoding"));
        Assert.False(request.Headers.ContainsKey("traceparent"));
    }

    [Fact]
    public async Task PutRecord_WhenOrdered_SendsTheSequenceNumberAndTheArn()
    {
        await using var server = WireServer.Answering(200, """{"ShardId":"shardId-000000000003","SequenceNumber":"50","EncryptionType":"NONE"}""");
        using var gateway = Gateways.To(server.Address);

        var reply = await gateway.PutRecordAsync(Gateways.Stream(Arn), Gateways.Entry([255], "k", 9), "49", default);

        Assert.Equal(new PutRecordsReplyEntry("shardId-000000000003", "50", null, null), reply);
        AssertRequest(server, "PutRecord",
            $$"""{"Data":"/w==","PartitionKey":"k","ExplicitHashKey":"9","SequenceNumberForOrdering":"49","StreamARN":"{{Arn}}"}""");
    }

    [Fact]
    public async Task ListShards_WhenThereAreSeveralPages_ReadsThemAllAndKeepsOpenShards()
    {
        await using var server = WireServer.Answering(
            (200, """
                {"NextToken":"AAAB+/=","Shards":[
                  {"ShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"340282366920938463463374607431768211455"},"SequenceNumberRange":{"StartingSequenceNumber":"1","EndingSequenceNumber":"5"}},
                  {"SequenceNumberRange":{"StartingSequenceNumber":"6"},"HashKeyRange":{"EndingHashKey":"99","StartingHashKey":"0"},"ParentShardId":"shardId-000000000000","ShardId":"shardId-000000000001"}]}
                """, ""),
            (200, """
                {"Shards":[{"ShardId":"shardId-000000000002","ParentShardId":"shardId-000000000000","AdjacentParentShardId":"shardId-000000000009",
                  "HashKeyRange":{"StartingHashKey":"100","EndingHashKey":"340282366920938463463374607431768211455"},"SequenceNumberRange":{"StartingSequenceNumber":"6"}}],"NextToken":null}
                """, ""));
        using var gateway = Gateways.To(server.Address);

        var ranges = await gateway.ListShardsAsync(Gateways.Stream(), default);

        Assert.Equal(
            [new ShardRange("shardId-000000000001", 0, 99, "6"), new ShardRange("shardId-000000000002", 100, UInt128.MaxValue, "6")],
            ranges);
        Assert.Equal(
            ["""{"StreamName":"events","ShardFilter":{"Type":"AT_LATEST"}}""", """{"NextToken":"AAAB\u002B/="}"""],
            server.Requests.Select(request => request.BodyText));
    }

    /// <summary>Some services list the last shard of a page again. The next map then could not be put in force: two engines had one range.</summary>
    [Fact]
    public async Task ListShards_WhenAShardIsOnTwoPages_HasItOnce()
    {
        const string Shard = """{"ShardId":"s","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"},"SequenceNumberRange":{"StartingSequenceNumber":"1"}}""";
        await using var server = WireServer.Answering(
            (200, $$"""{"Shards":[{{Shard}}],"NextToken":"more"}""", ""),
            (200, $$"""{"Shards":[{{Shard}}]}""", ""));
        using var gateway = Gateways.To(server.Address);

        Assert.Equal([new ShardRange("s", 0, 1, "1")], await gateway.ListShardsAsync(Gateways.Stream(), default));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ListShards_WhenATokenExpired_StartsOver(bool asTheyCome)
    {
        const string Shard = """{"ShardId":"s","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"},"SequenceNumberRange":{"StartingSequenceNumber":"1"}}""";
        await using var server = WireServer.Answering(
            (200, $$"""{"Shards":[{{Shard}}],"NextToken":"old"}""", ""),
            (400, """{"__type":"ExpiredNextTokenException","message":"too old"}""", ""),
            (200, $$"""{"Shards":[{{Shard}}]}""", ""));
        using var gateway = Gateways.To(server.Address);

        Assert.Equal(["s"], await ListAsync(gateway, asTheyCome));
        Assert.Equal(3, server.Requests.Count);
    }

    /// <summary>A service that gives a token with each answer was asked for ever, and what it listed filled the memory.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ListShards_WhenPagesDoNotEnd_Fails(bool asTheyCome)
    {
        var endless = Enumerable.Repeat((200, """{"Shards":[],"NextToken":"more"}""", ""), 1_000);
        await using var server = WireServer.Answering([.. endless, (200, """{"Shards":[]}""", "")]);
        using var gateway = Gateways.To(server.Address);

        var failure = await Assert.ThrowsAsync<KinesisException>(() => ListAsync(gateway, asTheyCome));

        Assert.Equal((RecordErrorCodes.InvalidAnswer, 1_000), (failure.Code, server.Requests.Count));
    }

    [Fact]
    public async Task ListShardsPage_WhenFiltered_TellsClosedShardsAndTheirParents()
    {
        await using var server = WireServer.Answering(200, """
            {"Shards":[{"ShardId":"c","ParentShardId":"a","AdjacentParentShardId":"b","HashKeyRange":{"StartingHashKey":"5","EndingHashKey":"6"},
              "SequenceNumberRange":{"StartingSequenceNumber":"7","EndingSequenceNumber":"8"}}]}
            """);
        using var gateway = Gateways.To(server.Address);

        var page = await gateway.ListShardsPageAsync(Gateways.Stream(Arn), ShardFilter.FromTimestamp(SomeTime), default);

        Assert.Equal([new ShardDescription("c", new(5, 6), "a", "b", new("7", "8"))], page.Shards);
        Assert.Null(page.NextToken);
        AssertRequest(server, "ListShards", $$$"""{"StreamARN":"{{{Arn}}}","ShardFilter":{"Type":"FROM_TIMESTAMP","Timestamp":1700000000.123}}""");
    }

    [Theory]
    [InlineData("", 1024, false)]
    [InlineData(""","MaxRecordSizeInKiB":10240,"StreamModeDetails":{"StreamMode":"ON_DEMAND"}""", 10240, true)]
    [InlineData(""","StreamModeDetails":{"StreamMode":"PROVISIONED"},"MaxRecordSizeInKiB":2048""", 2048, false)]
    public async Task DescribeStreamSummary_WhenAnswered_TellsWhatTheServiceSays(string more, int maxRecordSize, bool onDemand)
    {
        await using var server = WireServer.Answering(
            200,
            $$$"""{"StreamDescriptionSummary":{"StreamName":"events","StreamARN":"{{{Arn}}}","StreamStatus":"ACTIVE","StreamCreationTimestamp":1.700000000123E9{{{more}}} }}""");
        using var gateway = Gateways.To(server.Address);

        var summary = await gateway.DescribeStreamSummaryAsync(Gateways.Stream(), default);

        Assert.Equal(new StreamSummary(Arn, "ACTIVE", SomeTime, maxRecordSize, onDemand), summary);
        AssertRequest(server, "DescribeStreamSummary", """{"StreamName":"events"}""");
    }

    [Fact]
    public async Task DescribeStreamSummary_OfAWarmStream_TellsTheTarget()
    {
        await using var server = WireServer.Answering(
            200,
            $$$"""{"StreamDescriptionSummary":{"StreamARN":"{{{Arn}}}","StreamStatus":"ACTIVE","WarmThroughput":{"TargetMiBps":200,"CurrentMiBps":8} } }""");
        using var gateway = Gateways.To(server.Address);
        Assert.Equal(200, (await gateway.DescribeStreamSummaryAsync(Gateways.Stream(), default)).WarmMiBPerSecond);
    }

    /// <summary>UpdateMaxRecordSize and UpdateStreamMode know a stream by its ARN alone.</summary>
    public static TheoryData<object, string, string> CapacityCalls => new()
    {
        { new CapacityCall.Warm(200), "UpdateStreamWarmThroughput", ""","WarmThroughputMiBps":200}""" },
        { new CapacityCall.MaxRecord(10_240), "UpdateMaxRecordSize", ""","MaxRecordSizeInKiB":10240}""" },
        { new CapacityCall.Mode(true), "UpdateStreamMode", ""","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}""" },
        { new CapacityCall.Mode(false), "UpdateStreamMode", ""","StreamModeDetails":{"StreamMode":"PROVISIONED"}}""" },
    };

    [Theory]
    [MemberData(nameof(CapacityCalls), DisableDiscoveryEnumeration = true)]
    public async Task ChangeCapacity_WhenCalled_NamesTheArnAndTheValue(object call, string operation, string rest)
    {
        await using var server = WireServer.Answering(200, "");
        using var gateway = Gateways.To(server.Address);
        await gateway.ChangeCapacityAsync(Gateways.Stream(), Arn, (CapacityCall)call, default);
        AssertRequest(server, operation, $$"""{"StreamARN":"{{Arn}}"{{rest}}""");
    }

    [Theory]
    [InlineData("""{"MinimumThroughputBillingCommitment":{"Status":"ENABLED","StartedAt":1.7E9}}""", "ENABLED")]
    [InlineData("{}", null)]
    public async Task DescribeCommitment_WhenAnswered_TellsTheStatus(string body, string? status)
    {
        await using var server = WireServer.Answering(200, body);
        using var gateway = Gateways.To(server.Address);
        Assert.Equal(status, await gateway.DescribeCommitmentAsync(Gateways.Stream(), default));
        AssertRequest(server, "DescribeAccountSettings", "{}");
    }

    [Theory]
    [InlineData("SplitShard", ""","ShardToSplit":"a","NewStartingHashKey":"170141183460469231731687303715884105728"}""")]
    [InlineData("MergeShards", ""","ShardToMerge":"a","AdjacentShardToMerge":"b"}""")]
    [InlineData("UpdateShardCount", ""","TargetShardCount":8,"ScalingType":"UNIFORM_SCALING"}""")]
    public async Task Reshard_WhenCalled_NamesWhatIsAsked(string operation, string rest)
    {
        await using var server = WireServer.Answering(200, """{"StreamName":"events","CurrentShardCount":4,"TargetShardCount":8}""");
        using var gateway = Gateways.To(server.Address);
        await (operation switch
        {
            "SplitShard" => gateway.SplitShardAsync(Gateways.Stream(), "a", UInt128.One << 127, default),
            "MergeShards" => gateway.MergeShardsAsync(Gateways.Stream(), "a", "b", default),
            _ => gateway.UpdateShardCountAsync(Gateways.Stream(), 8, default),
        });
        AssertRequest(server, operation, $$"""{"StreamName":"events"{{rest}}""");
    }

    [Theory]
    [InlineData(4, """{"StreamName":"events","ShardCount":4}""")]
    [InlineData(null, """{"StreamName":"events","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}""")]
    public async Task CreateStream_WhenCalled_NamesTheStreamEvenOfAnArn(int? shards, string body)
    {
        await using var server = WireServer.Answering(200, "");
        using var gateway = Gateways.To(server.Address);

        await gateway.CreateStreamAsync(Gateways.Stream(Arn), shards, default);

        AssertRequest(server, "CreateStream", body);
    }

    /// <summary>Whatever is wrong with an answer, it is told as an answer that cannot be read.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Records":null}""")]
    [InlineData("""{"Records":[null]}""")]
    [InlineData("""{"Records":[{"PartitionKey":"k","Data":""}]}""")]
    [InlineData("""{"Records":[{"SequenceNumber":"1","PartitionKey":"k","Data":"?"}]}""")]
    [InlineData("""{"Records":[{"SequenceNumber":"1","PartitionKey":"k","Data":"A*=="}]}""")]
    [InlineData("""{"Records":[{"SequenceNumber":"1","PartitionKey":"k","Data":7}]}""")]
    [InlineData("""{"Records":[{"SequenceNumber":"1","PartitionKey":"k","Data":null}]}""")]
    [InlineData("""{"Records":[],"ChildShards":[null]}""")]
    [InlineData("""{"Records":[],"ChildShards":[{"ShardId":"c"}]}""")]
    [InlineData("""{"Records":[],"ChildShards":[{"ShardId":"c","HashKeyRange":{"StartingHashKey":"0"}}]}""")]
    [InlineData("""{"Records":[],"ChildShards":[{"ShardId":"c","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"-1"}}]}""")]
    [InlineData("""{"ShardLimit":5}""", true)]
    [InlineData("""{"ShardLimit":5,"OpenShardCount":null}""", true)]
    public async Task Call_WhenTheAnswerCannotBeRead_SaysSo(string body, bool isOfLimits = false)
    {
        await using var server = WireServer.Answering(200, body);
        using var gateway = Gateways.To(server.Address);

        Task Call() => isOfLimits
            ? gateway.DescribeLimitsAsync(Gateways.Stream(), default).AsTask() : gateway.GetRecordsAsync(Gateways.Stream(), "it", null, default).AsTask();
        var error = await Assert.ThrowsAsync<KinesisException>(Call);

        Assert.Equal(RecordErrorCodes.InvalidAnswer, error.Code);
    }

    [Fact]
    public async Task GetShardIterator_WhenCalled_NamesThePosition()
    {
        await using var server = WireServer.Answering(200, """{"ShardIterator":"AAAA=="}""");
        using var gateway = Gateways.To(server.Address);

        foreach (var position in (ShardPosition[])[ShardPosition.TrimHorizon, ShardPosition.After("49"), ShardPosition.AtTimestamp(SomeTime)])
            Assert.Equal("AAAA==", await gateway.GetShardIteratorAsync(Gateways.Stream(), "s", position, default));

        Assert.Equal(
            [
                """{"StreamName":"events","ShardId":"s","ShardIteratorType":"TRIM_HORIZON"}""",
                """{"StreamName":"events","ShardId":"s","ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"49"}""",
                """{"StreamName":"events","ShardId":"s","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1700000000.123}""",
            ],
            server.Requests.Select(request => request.BodyText));
    }

    [Fact]
    public async Task GetRecords_WhenThereAreRecords_ReadsThem()
    {
        await using var server = WireServer.Answering(200, """
            {"MillisBehindLatest":2500,"NextShardIterator":"next","Records":[
              {"ApproximateArrivalTimestamp":1.700000000123E9,"Data":"AQID","PartitionKey":"k\"é","SequenceNumber":"1","EncryptionType":"KMS"},
              {"SequenceNumber":"2","PartitionKey":"","Data":"","ApproximateArrivalTimestamp":1700000000.123}]}
            """);
        using var gateway = Gateways.To(server.Address);

        var page = await gateway.GetRecordsAsync(Gateways.Stream(), "it", 100, default);

        Assert.Equal(("next", 2500L), (page.NextShardIterator, page.MillisBehindLatest));
        Assert.Equal([("1", "k\"é", SomeTime), ("2", "", SomeTime)],
            page.Records.Select(r => (r.SequenceNumber, r.PartitionKey, r.ApproximateArrivalTimestamp)));
        Assert.Equal([1, 2, 3], page.Records[0].Data.ToArray());
        Assert.True(page.Records[1].Data.IsEmpty);
        Assert.Empty(page.ChildShards);
        AssertRequest(server, "GetRecords", """{"ShardIterator":"it","Limit":100}""");
    }

    /// <summary>JSON may escape what base64 has, and pages of any size have their data until they are disposed.</summary>
    [Fact]
    public async Task GetRecords_OfEscapedAndOfManyData_ReadsEach_UntilThePageIsDisposed()
    {
        byte[][] data = [[0xfb, 0xff, 0xfe], .. Enumerable.Range(1, 400).Select(static i => Enumerable.Repeat((byte)i, i * 20).ToArray())];
        var records = data.Select((d, i) => $$"""{"SequenceNumber":"{{i}}","PartitionKey":"k","Data":"{{Text(d, i)}}"}""");
        await using var server = WireServer.Answering(200, $$"""{"Records":[{{string.Join(',', records)}}],"MillisBehindLatest":0}""");
        using var gateway = Gateways.To(server.Address);

        using var page = await gateway.GetRecordsAsync(Gateways.Stream(), "it", null, default);
        using var other = await gateway.GetRecordsAsync(Gateways.Stream(), "it", null, default);

        Assert.Equal(data, page.Records.Select(static r => r.Data.ToArray()));
        Assert.Equal(data, other.Records.Select(static r => r.Data.ToArray()));

        static string Text(byte[] data, int place) => place > 0
            ? Convert.ToBase64String(data)
            : Convert.ToBase64String(data).Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002b", StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetRecords_WhenTheShardHasEnded_NamesItsChildren()
    {
        await using var server = WireServer.Answering(200, """
            {"Records":[],"NextShardIterator":null,"MillisBehindLatest":0,"ChildShards":[
              {"ShardId":"c","ParentShards":["a","b"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"9"}}]}
            """);
        using var gateway = Gateways.To(server.Address);

        var page = await gateway.GetRecordsAsync(Gateways.Stream(Arn), "it", null, default);

        Assert.Null(page.NextShardIterator);
        var child = Assert.Single(page.ChildShards);
        Assert.Equal(("c", new HashKeyRange(0, 9)), (child.ShardId, child.HashKeyRange));
        Assert.Equal(["a", "b"], child.ParentShards);
        AssertRequest(server, "GetRecords", $$"""{"StreamARN":"{{Arn}}","ShardIterator":"it"}""");
    }

    /// <param name="asTheyCome">Whether the shards are listed for somebody else.</param>
    private static async Task<IEnumerable<string?>> ListAsync(KinesisClient gateway, bool asTheyCome) => asTheyCome
        ? (await gateway.AskShardsAsync(Gateways.Stream(), null, default)).Select(static s => s.GetProperty("ShardId").GetString())
        : (await gateway.ListShardsAsync(Gateways.Stream(), ShardFilter.FromTrimHorizon, default)).Select(static s => s.ShardId);

    private static ReceivedRequest AssertRequest(WireServer server, string operation, string body)
    {
        var request = Assert.Single(server.Requests);
        Assert.Equal("Kinesis_20131202." + operation, request.Header("X-Amz-Target"));
        Assert.Equal(body, request.BodyText);
        return request;
    }
}
