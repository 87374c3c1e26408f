using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Contract;

/// <summary>
/// What a Kinesis client relies on, held against every endpoint that stands in Kinesis' place. <see cref="ContractDifferences"/> lists
/// where one is known to be otherwise.
/// </summary>
public abstract class KinesisContractTests(ContractEndpoint endpoint) : IAsyncLifetime
{
    private static readonly BigInteger Most = BigInteger.Pow(2, 128) - 1;

    public async ValueTask InitializeAsync() => await endpoint.StartAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    [Fact]
    public async Task CreateStream_WhenNew_IsDescribedAndListed()
    {
        var stream = await endpoint.CreateAsync(3);
        var other = await endpoint.CreateAsync(1);
        var summary = (await endpoint.CallAsync("DescribeStreamSummary", new { StreamName = stream }))["StreamDescriptionSummary"]!;
        Assert.Equal((stream, "ACTIVE"), ((string?)summary["StreamName"], (string?)summary["StreamStatus"]));
        Assert.Equal((3, 24), ((int)summary["OpenShardCount"]!, (int)summary["RetentionPeriodHours"]!));
        Assert.EndsWith($":stream/{stream}", (string?)summary["StreamARN"], StringComparison.Ordinal);

        var names = new List<string>();
        for (bool more = true; more;)
        {
            object request = names.Count == 0 ? new { Limit = 1 } : new { Limit = 1, ExclusiveStartStreamName = names[^1] };
            var page = await endpoint.CallAsync("ListStreams", request);
            names.Add((string)Assert.Single(page["StreamNames"]!.AsArray())!);
            more = (bool)page["HasMoreStreams"]!;
        }

        Assert.Contains(stream, names);
        Assert.Contains(other, names);
        Check("create a stream that is there", "ResourceInUseException",
            await OutcomeAsync("CreateStream", new { StreamName = stream, ShardCount = 1 }));
    }

    [Fact]
    public async Task DescribeStream_WhenLimited_PagesThroughShards()
    {
        var stream = await endpoint.CreateAsync(3);
        var ids = new List<string>();
        for (bool more = true; more;)
        {
            object request = ids.Count == 0
                ? new { StreamName = stream, Limit = 2 }
                : new { StreamName = stream, Limit = 2, ExclusiveStartShardId = ids[^1] };
            var page = (await endpoint.CallAsync("DescribeStream", request))["StreamDescription"]!;
            ids.AddRange(page["Shards"]!.AsArray().Select(s => (string)s!["ShardId"]!));
            more = (bool)page["HasMoreShards"]!;
        }

        Assert.Equal(["shardId-000000000000", "shardId-000000000001", "shardId-000000000002"], ids);
    }

    [Fact]
    public async Task ListShards_WhenLimited_PagesThroughShardsThatTileTheHashKeys()
    {
        var stream = await endpoint.CreateAsync(5);
        var page = await endpoint.CallAsync("ListShards", new { StreamName = stream, MaxResults = 2 });
        var shards = page["Shards"]!.AsArray().ToList();
        var pages = 1;
        for (; (string?)page["NextToken"] is { } token; pages++)
        {
            page = await endpoint.CallAsync("ListShards", new { NextToken = token, MaxResults = 2 });
            shards.AddRange(page["Shards"]!.AsArray());
        }

        Check("pages of ListShards", "3", $"{pages}");
        var ranges = shards.Select(s => (Start: Start(s!), End: End(s!))).ToList();
        Assert.Equal(5, ranges.Count);
        Assert.Equal((BigInteger.Zero, Most), (ranges[0].Start, ranges[^1].End));
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.Equal(pair.First.End + 1, pair.Second.Start));
        Assert.All(shards, s => Assert.Null(s!["SequenceNumberRange"]!["EndingSequenceNumber"]));
    }

    [Fact]
    public async Task Put_WhenHashed_GoesToTheShardOfMd5OrExplicitHashKey()
    {
        var stream = await endpoint.CreateAsync(4);
        var shards = await ShardsAsync(stream);
        var keys = Enumerable.Range(0, 40).Select(i => $"schlüssel-键-{i}").ToList();
        var answer = await endpoint.CallAsync(
            "PutRecords", new { StreamName = stream, Records = keys.Select(k => new { Data = "eA==", PartitionKey = k }) });
        Assert.Equal(0, (int)answer["FailedRecordCount"]!);
        Assert.Equal(
            keys.Select(k => Id(Holder(shards, Md5(k)))),
            answer["Records"]!.AsArray().Select(r => (string)r!["ShardId"]!));

        foreach (var hash in (BigInteger[])[0, Most, Start(shards[1]), End(shards[1]), Start(shards[2])])
            Assert.Equal(Id(Holder(shards, hash)), (await PutAsync(stream, hash)).Shard);
    }

    [Fact]
    public async Task Put_WhenManyRecords_AreReadBackInRisingOrder()
    {
        var stream = await endpoint.CreateAsync(1);
        var put = new List<(string Number, string Key, string Data)>();
        for (var call = 0; call < 2; call++)
        {
            var records = Enumerable.Range(0, 400).Select(i => (Key: $"k{i}", Data: Base64($"{call}/{i}"))).ToList();
            var answer = await endpoint.CallAsync(
                "PutRecords", new { StreamName = stream, Records = records.Select(r => new { r.Data, PartitionKey = r.Key }) });
            put.AddRange(records.Zip(answer["Records"]!.AsArray(), (r, a) => ((string)a!["SequenceNumber"]!, r.Key, r.Data)));
        }

        AssertRising(put.Select(r => r.Number));
        var (read, _) = await ReadAsync(stream, "shardId-000000000000", new { ShardIteratorType = "TRIM_HORIZON" }, limit: 300);
        Assert.Equal(put, read.Select(r => ((string)r["SequenceNumber"]!, (string)r["PartitionKey"]!, (string)r["Data"]!)));
    }

    /// <summary>Undocumented, yet true of all that AWS shows: how the producer notices a stream that was created again.</summary>
    [Fact]
    public async Task SequenceNumbers_TellWhenTheirShardWasCreated()
    {
        var span = BigInteger.Pow(10, 41);
        var stream = await endpoint.CreateAsync(2);
        await AssertNearAsync(0);
        await AssertNearAsync(Most);
        var split = new { StreamName = stream, ShardToSplit = "shardId-000000000000", NewStartingHashKey = "1000" };
        await endpoint.CallAsync("SplitShard", split);
        await endpoint.UntilActiveAsync(stream);
        await AssertNearAsync(0);
        await AssertNearAsync(1_000);
        var former = FirstNumber((await ShardsAsync(stream))[0]);

        await endpoint.CallAsync("DeleteStream", new { StreamName = stream });
        await endpoint.UntilErrorAsync("DescribeStreamSummary", new { StreamName = stream });
        // They count whole seconds.
        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);
        await endpoint.CallAsync("CreateStream", new { StreamName = stream, ShardCount = 2 });
        await endpoint.UntilActiveAsync(stream);
        await AssertNearAsync(0);
        Assert.True(BigInteger.Parse((await PutAsync(stream, 0)).Number, CultureInfo.InvariantCulture) - former >= span);

        async Task AssertNearAsync(BigInteger hash)
        {
            var (shard, number) = await PutAsync(stream, hash);
            var first = FirstNumber((await ShardsAsync(stream)).Single(s => Id(s) == shard));
            Assert.InRange(BigInteger.Parse(number, CultureInfo.InvariantCulture) - first, BigInteger.Zero, span - 1);
        }

        BigInteger FirstNumber(JsonNode shard) => Number(shard["SequenceNumberRange"]!["StartingSequenceNumber"]!);
    }

    [Fact]
    public async Task GetShardIterator_OfEachType_BeginsWhereItSays()
    {
        var stream = await endpoint.CreateAsync(1);
        const string shard = "shardId-000000000000";
        var latest = await IteratorAsync(stream, shard, new { ShardIteratorType = "LATEST" });
        var numbers = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var answer = await endpoint.CallAsync("PutRecord", new { StreamName = stream, Data = "eA==", PartitionKey = $"{i}" });
            numbers.Add((string)answer["SequenceNumber"]!);
        }

        var earlier = DateTimeOffset.UtcNow.AddMinutes(-10).ToUnixTimeSeconds();
        Assert.Equal("0123", Keys(await ReadAsync(latest)));
        Assert.Equal("", await FromAsync(new { ShardIteratorType = "LATEST" }));
        Assert.Equal("0123", await FromAsync(new { ShardIteratorType = "TRIM_HORIZON" }));
        Assert.Equal("123", await FromAsync(new { ShardIteratorType = "AT_SEQUENCE_NUMBER", StartingSequenceNumber = numbers[1] }));
        Assert.Equal("23", await FromAsync(new { ShardIteratorType = "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber = numbers[1] }));
        Assert.Equal("0123", await FromAsync(new { ShardIteratorType = "AT_TIMESTAMP", Timestamp = earlier }));

        async Task<string> FromAsync(object position) => Keys(await ReadAsync(stream, shard, position));
    }

    [Fact]
    public async Task SplitShard_WhenDone_ClosesTheParentAndItsChildrenTakeOver()
    {
        var stream = await endpoint.CreateAsync(1);
        const string parent = "shardId-000000000000";
        var middle = BigInteger.Pow(2, 127);
        var before = await PutAsync(stream, 0);
        await endpoint.CallAsync("SplitShard", new { StreamName = stream, ShardToSplit = parent, NewStartingHashKey = $"{middle}" });
        await endpoint.UntilActiveAsync(stream);

        var shards = await ShardsAsync(stream);
        Assert.Equal(3, shards.Count);
        Assert.Equal([(BigInteger.Zero, middle - 1), (middle, Most)], shards.Skip(1).Select(s => (Start(s), End(s))));
        Assert.All(shards.Skip(1), s => Assert.Equal(parent, (string?)s["ParentShardId"]));
        Assert.NotNull(shards[0]["SequenceNumberRange"]!["EndingSequenceNumber"]);

        var (low, high) = (await PutAsync(stream, middle - 1), await PutAsync(stream, middle));
        Assert.Equal([Id(shards[1]), Id(shards[2])], [low.Shard, high.Shard]);
        AssertRising([before.Number, low.Number]);
        AssertRising([before.Number, high.Number]);

        var (read, last) = await ReadAsync(await IteratorAsync(stream, parent, new { ShardIteratorType = "TRIM_HORIZON" }), emptyPages: 10);
        Assert.Equal(before.Number, (string?)Assert.Single(read)["SequenceNumber"]);
        Check("iterator at the end of a closed shard", "none", (string?)last["NextShardIterator"] is null ? "none" : "one");
        var children = last["ChildShards"] as JsonArray ?? [];
        Check("ChildShards at the end of a closed shard", "2", $"{children.Count}");

        Check("split outside the range", "InvalidArgumentException",
            await OutcomeAsync("SplitShard", new { StreamName = stream, ShardToSplit = Id(shards[1]), NewStartingHashKey = $"{Most}" }));
        var open = await endpoint.CallAsync("ListShards", new { StreamName = stream, ShardFilter = new { Type = "AT_LATEST" } });
        Check("shards by the filter AT_LATEST", "2", $"{open["Shards"]!.AsArray().Count}");
        Check("split of a closed shard", "InvalidArgumentException",
            await OutcomeAsync("SplitShard", new { StreamName = stream, ShardToSplit = parent, NewStartingHashKey = $"{middle}" }));
    }

    [Fact]
    public async Task MergeShards_WhenAdjacent_OneChildTakesOver()
    {
        var stream = await endpoint.CreateAsync(3);
        var shards = await ShardsAsync(stream);
        Check("merge of shards apart", "InvalidArgumentException",
            await OutcomeAsync(
                "MergeShards", new { StreamName = stream, ShardToMerge = Id(shards[0]), AdjacentShardToMerge = Id(shards[2]) }));
        var before = await PutAsync(stream, 0);
        await endpoint.CallAsync(
            "MergeShards", new { StreamName = stream, ShardToMerge = Id(shards[0]), AdjacentShardToMerge = Id(shards[1]) });
        await endpoint.UntilActiveAsync(stream);

        var child = (await ShardsAsync(stream))[^1];
        Assert.Equal((Start(shards[0]), End(shards[1])), (Start(child), End(child)));
        Assert.Equal((Id(shards[0]), Id(shards[1])), ((string?)child["ParentShardId"], (string?)child["AdjacentParentShardId"]));
        var after = await PutAsync(stream, 0);
        Assert.Equal(Id(child), after.Shard);
        AssertRising([before.Number, after.Number]);
    }

    [Fact]
    public async Task UpdateShardCount_WhenDoubled_HasEvenOpenShards()
    {
        var stream = await endpoint.CreateAsync(2);
        var (outcome, answer) = await endpoint.SendAsync(
            "UpdateShardCount", new { StreamName = stream, TargetShardCount = 4, ScalingType = "UNIFORM_SCALING" });
        Check("UpdateShardCount", "accepted", outcome);
        if (outcome != "accepted")
            return;
        Assert.Equal((2, 4), ((int)answer["CurrentShardCount"]!, (int)answer["TargetShardCount"]!));
        await endpoint.UntilActiveAsync(stream);
        var open = (await ShardsAsync(stream)).Where(s => s["SequenceNumberRange"]!["EndingSequenceNumber"] is null).ToList();
        Assert.Equal(4, open.Count);
        Assert.All(open, s => Assert.InRange(End(s) - Start(s), (Most / 4) - 4, (Most / 4) + 4));
    }

    [Fact]
    public async Task Tags_WhenAddedAndRemoved_AreListed()
    {
        var stream = await endpoint.CreateAsync(1);
        await endpoint.CallAsync("AddTagsToStream", new { StreamName = stream, Tags = new { a = "1", b = "2" } });
        await endpoint.CallAsync("RemoveTagsFromStream", new { StreamName = stream, TagKeys = (string[])["a"] });
        var answer = await endpoint.CallAsync("ListTagsForStream", new { StreamName = stream });
        var tag = Assert.Single(answer["Tags"]!.AsArray())!;
        Assert.Equal(("b", "2", false), ((string?)tag["Key"], (string?)tag["Value"], (bool)answer["HasMoreTags"]!));
    }

    [Fact]
    public async Task Stream_ByArn_IsTheSame()
    {
        var stream = await endpoint.CreateAsync(1);
        var summary = await endpoint.CallAsync("DescribeStreamSummary", new { StreamName = stream });
        var arn = (string?)summary["StreamDescriptionSummary"]!["StreamARN"];
        Check("put by ARN", "accepted", await OutcomeAsync("PutRecords", new { StreamARN = arn, Records = Records(1) }));
        Check("ListShards by ARN", "accepted", await OutcomeAsync("ListShards", new { StreamARN = arn }));
    }

    [Fact]
    public async Task DeleteStream_WhenDone_IsNotFound()
    {
        var stream = await endpoint.CreateAsync(1);
        await endpoint.CallAsync("DeleteStream", new { StreamName = stream });
        Assert.Equal("ResourceNotFoundException", await endpoint.UntilErrorAsync("DescribeStreamSummary", new { StreamName = stream }));
    }

    [Fact]
    public async Task Errors_OfUnknownStreamsAndShards_AreResourceNotFound()
    {
        const string missing = "missing";
        var stream = await endpoint.CreateAsync(1);
        var calls = new (string Operation, object Request)[]
        {
            ("PutRecord", new { StreamName = missing, Data = "eA==", PartitionKey = "k" }),
            ("PutRecords", new { StreamName = missing, Records = Records(1) }),
            ("DescribeStream", new { StreamName = missing }),
            ("DescribeStreamSummary", new { StreamName = missing }),
            ("ListShards", new { StreamName = missing }),
            ("GetShardIterator", new { StreamName = missing, ShardId = "shardId-000000000000", ShardIteratorType = "LATEST" }),
            ("GetShardIterator", new { StreamName = stream, ShardId = "shardId-000000000009", ShardIteratorType = "LATEST" }),
            ("SplitShard", new { StreamName = stream, ShardToSplit = "shardId-000000000009", NewStartingHashKey = "100" }),
            ("ListTagsForStream", new { StreamName = missing }),
            ("DeleteStream", new { StreamName = missing }),
        };
        var wrong = new List<string?>();
        foreach (var (operation, request) in calls)
            wrong.Add(Differs($"{operation} of what is missing", "ResourceNotFoundException", await OutcomeAsync(operation, request)));
        AssertNone(wrong);
    }

    [Fact]
    public async Task Errors_OfBadRequests_HaveKinesisCodes()
    {
        var stream = await endpoint.CreateAsync(1);
        var big = new string('A', 4 << 18);
        var calls = new (string Fact, string Expected, string Operation, object Request)[]
        {
            ("501 records", "ValidationException", "PutRecords", new { StreamName = stream, Records = Records(501) }),
            ("no records", "ValidationException", "PutRecords", new { StreamName = stream, Records = Records(0) }),
            ("record over the stream's limit", "InvalidArgumentException", "PutRecord", Record("k", data: big + big)),
            ("request over the limit", "InvalidArgumentException", "PutRecords",
                new { StreamName = stream, Records = Enumerable.Repeat(new { Data = big, PartitionKey = "k" }, 15) }),
            ("hash key of 2^128", "InvalidArgumentException", "PutRecord", Record("k", hash: $"{Most + 1}")),
            ("hash key that is no number", "ValidationException", "PutRecord", Record("k", hash: "x")),
            ("empty key", "ValidationException", "PutRecord", Record("")),
            ("key of 257 characters", "ValidationException", "PutRecord", Record(new string('k', 257))),
            ("iterator that is none", "InvalidArgumentException", "GetRecords", new { ShardIterator = "AAAA" }),
            ("unknown operation", "UnknownOperationException", "PutNothing", new { StreamName = stream }),
            ("body that is no JSON", "SerializationException", "PutRecord", "{"u8.ToArray()),
        };
        var wrong = new List<string?>();
        foreach (var (fact, expected, operation, request) in calls)
            wrong.Add(Differs(fact, expected, await OutcomeAsync(operation, request)));
        AssertNone(wrong);

        object Record(string key, string data = "eA==", string hash = "0") =>
            new { StreamName = stream, Data = data, PartitionKey = key, ExplicitHashKey = hash };
    }

    /// <summary>As Kinesis does it, or as this endpoint is known to differ from it.</summary>
    private void Check(string fact, string expected, string actual) => AssertNone([Differs(fact, expected, actual)]);

    private string? Differs(string fact, string expected, string actual)
    {
        var known = endpoint.Differences.TryGetValue(fact, out var instead);
        if (known && instead == expected)
            return $"{fact}: the table of differences says what Kinesis does";
        return actual == (known ? instead : expected) ? null
            : $"{fact}: {actual}, where {(known ? $"the table of differences says {instead}" : $"Kinesis has {expected}")}";
    }

    private async Task<string> OutcomeAsync(string operation, object request) => (await endpoint.SendAsync(operation, request)).Outcome;

    private async Task<(string Shard, string Number)> PutAsync(string stream, BigInteger hash)
    {
        var answer = await endpoint.CallAsync(
            "PutRecord", new { StreamName = stream, Data = "eA==", PartitionKey = "k", ExplicitHashKey = $"{hash}" });
        return ((string)answer["ShardId"]!, (string)answer["SequenceNumber"]!);
    }

    private async Task<List<JsonNode>> ShardsAsync(string stream) =>
        [.. (await endpoint.CallAsync("ListShards", new { StreamName = stream }))["Shards"]!.AsArray().Select(s => s!)];

    private async Task<string> IteratorAsync(string stream, string shard, object position)
    {
        var request = System.Text.Json.JsonSerializer.SerializeToNode(position)!;
        (request["StreamName"], request["ShardId"]) = (stream, shard);
        return (string)(await endpoint.CallAsync("GetShardIterator", request))["ShardIterator"]!;
    }

    private async Task<(List<JsonNode> Records, JsonNode Last)> ReadAsync(
        string stream, string shard, object position, int limit = 10_000) =>
        await ReadAsync(await IteratorAsync(stream, shard, position), limit);

    /// <summary>
    /// Reads on until there is no iterator, or so many empty pages at the shard's newest end. The end of a closed shard may lie behind a few
    /// of them: kinesalite goes on second by second from the last record to the instant at which the shard was closed.
    /// </summary>
    private async Task<(List<JsonNode> Records, JsonNode Last)> ReadAsync(string iterator, int limit = 10_000, int emptyPages = 1)
    {
        var records = new List<JsonNode>();
        while (true)
        {
            var page = await endpoint.CallAsync("GetRecords", new { ShardIterator = iterator, Limit = limit });
            var found = page["Records"]!.AsArray();
            Assert.InRange(found.Count, 0, limit);
            records.AddRange(found.Select(r => r!));
            if ((string?)page["NextShardIterator"] is not { } next || (found.Count == 0 && (long)page["MillisBehindLatest"]! == 0 && --emptyPages == 0))
                return (records, page);
            iterator = next;
        }
    }

    private static string Keys((List<JsonNode> Records, JsonNode Last) read) =>
        string.Concat(read.Records.Select(r => (string)r["PartitionKey"]!));

    private static BigInteger Md5(string key) => new(MD5.HashData(Encoding.UTF8.GetBytes(key)), isUnsigned: true, isBigEndian: true);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static object[] Records(int count) => [.. Enumerable.Range(0, count).Select(i => new { Data = "eA==", PartitionKey = $"{i}" })];

    private static void AssertRising(IEnumerable<string> numbers)
    {
        var all = numbers.Select(n => BigInteger.Parse(n, CultureInfo.InvariantCulture)).ToList();
        Assert.All(all.Zip(all.Skip(1)), pair => Assert.True(pair.First < pair.Second, $"{pair.First} then {pair.Second}"));
    }

    private static void AssertNone(IEnumerable<string?> wrong)
    {
        var all = string.Join('\n', wrong.OfType<string>());
        Assert.True(all.Length == 0, all);
    }

    private static JsonNode Holder(List<JsonNode> shards, BigInteger hash) => shards.Single(s => Start(s) <= hash && hash <= End(s));

    private static string Id(JsonNode shard) => (string)shard["ShardId"]!;

    private static BigInteger Start(JsonNode shard) => Number(shard["HashKeyRange"]!["StartingHashKey"]!);

    private static BigInteger End(JsonNode shard) => Number(shard["HashKeyRange"]!["EndingHashKey"]!);

    private static BigInteger Number(JsonNode number) => BigInteger.Parse((string)number!, CultureInfo.InvariantCulture);
}
