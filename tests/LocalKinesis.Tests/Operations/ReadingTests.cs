using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

public class ReadingTests : EndpointTest
{
    private const string Shard = "shardId-000000000000";

    [Fact]
    public async Task GetShardIterator_AtTimestamp_StartsAtTheFirstRecordFromThenOn()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        await Endpoint.PutAsync("events", "0");
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(10));
        var between = Endpoint.Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(10));
        var second = (string)(await Endpoint.PutAsync("events", "1"))["Records"]![0]!["SequenceNumber"]!;
        object At(double seconds) => new { StreamName = "events", ShardId = Shard, ShardIteratorType = "AT_TIMESTAMP", Timestamp = seconds };
        var iterator = (string)(await Endpoint.CallAsync("GetShardIterator", At(between)))["ShardIterator"]!;
        Assert.Equal([second], await ReadAsync(Endpoint, iterator));
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("GetShardIterator", At(between + 100))).Type);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task GetShardIterator_AtATimeThatIsNone_IsRefused(long seconds)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        object call = new { StreamName = "events", ShardId = Shard, ShardIteratorType = "AT_TIMESTAMP", Timestamp = seconds };
        Assert.EndsWith("#SerializationException", (await Endpoint.FailAsync("GetShardIterator", call)).Type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetRecords_WhenPaged_GivesEachRecordOnceAndSaysHowFarBehind()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        await Endpoint.PutAsync("events", Enumerable.Range(0, 25).Select(i => $"{i}"));
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(7));
        var start = Endpoint.Kinesis.Get("events").Shards[0].StartingSequenceNumber;
        var iterator = await Endpoint.IteratorAsync("events", Shard, "AT_SEQUENCE_NUMBER", start);
        var behind = new List<long>();
        var seen = new List<string>();
        for (var page = 0; page < 4; page++)
        {
            var answer = await Endpoint.CallAsync("GetRecords", new { ShardIterator = iterator, Limit = 10 });
            seen.AddRange(Numbers(answer));
            behind.Add((long)answer["MillisBehindLatest"]!);
            iterator = (string)answer["NextShardIterator"]!;
        }
        Assert.Equal(Endpoint.Kinesis.GetApplied("events").Select(record => record.SequenceNumber), seen);
        Assert.Equal([7_000, 7_000, 0, 0], behind);
    }

    [Fact]
    public async Task GetRecords_WhenTheReadLimitsAreReached_IsThrottled()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var iterator = await Endpoint.IteratorAsync("events", Shard);
        for (var call = 0; call < 5; call++) await Endpoint.CallAsync("GetRecords", new { ShardIterator = iterator });
        Assert.Equal("ProvisionedThroughputExceededException", (await Endpoint.FailAsync("GetRecords", new { ShardIterator = iterator })).Type);
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        await Endpoint.CallAsync("GetRecords", new { ShardIterator = iterator });
    }

    [Fact]
    public async Task GetShardIterator_WhenCalledSixTimesInASecond_IsThrottledForThatShardAlone()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 2);
        object Of(string shard) => new { StreamName = "events", ShardId = shard, ShardIteratorType = "LATEST" };
        var iterator = await Endpoint.IteratorAsync("events", Shard);
        for (var call = 1; call < 5; call++) await Endpoint.CallAsync("GetShardIterator", Of(Shard));
        var (type, message) = await Endpoint.FailAsync("GetShardIterator", Of(Shard));
        Assert.Equal("ProvisionedThroughputExceededException", type);
        Assert.Contains(Shard, message, StringComparison.Ordinal);
        await Endpoint.CallAsync("GetShardIterator", Of("shardId-000000000001"));
        await Endpoint.CallAsync("GetRecords", new { ShardIterator = iterator });
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        await Endpoint.CallAsync("GetShardIterator", Of(Shard));
    }

    [Fact]
    public async Task GetRecords_WhenMoreThanTenMiBWait_StopsThere()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.LimitModel = LimitModel.None, shards: 1);
        for (var call = 0; call < 3; call++)
            await endpoint.CallAsync("PutRecords", new { StreamName = "events", Records = Enumerable.Repeat(TestEndpoint.Record("k", 999_999), 5) });
        var answer = await endpoint.CallAsync("GetRecords", new { ShardIterator = await endpoint.IteratorAsync("events", Shard) });
        Assert.Equal(10, answer["Records"]!.AsArray().Count);
        Assert.Equal("ProvisionedThroughputExceededException",
            (await endpoint.FailAsync("GetRecords", new { ShardIterator = (string)answer["NextShardIterator"]! })).Type);
    }

    [Fact]
    public async Task GetRecords_WhenTheIteratorIsFiveMinutesOldOrForeign_Fails()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var iterator = await Endpoint.IteratorAsync("events", Shard);
        Endpoint.Clock.Advance(TimeSpan.FromMinutes(5));
        await Endpoint.CallAsync("GetRecords", new { ShardIterator = iterator });
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("ExpiredIteratorException", (await Endpoint.FailAsync("GetRecords", new { ShardIterator = iterator })).Type);
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("GetRecords", new { ShardIterator = "AAAA" })).Type);
    }

    /// <summary>A reader that mixes up its streams had the records of the other one.</summary>
    [Fact]
    public async Task GetRecords_WithTheArnOfAnotherStream_IsRefused()
    {
        var own = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        var other = (await Endpoint.Kinesis.CreateStreamAsync("clicks", 1)).Arn;
        var iterator = await Endpoint.IteratorAsync("events", Shard);
        await Endpoint.CallAsync("GetRecords", new { ShardIterator = iterator, StreamARN = own });
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("GetRecords", new { ShardIterator = iterator, StreamARN = other })).Type);
    }

    [Fact]
    public async Task GetRecords_WhenTheShardIsClosed_EndsWithItsChildren()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.Reshards = new() { CutOverDelay = TimeSpan.Zero }, shards: 1);
        await endpoint.PutAsync("events", "0");
        endpoint.Kinesis.Split("events", Shard, 1_000);
        var answer = await endpoint.CallAsync("GetRecords", new { ShardIterator = await endpoint.IteratorAsync("events", Shard) });
        Assert.Single(answer["Records"]!.AsArray());
        Assert.Null(answer["NextShardIterator"]);
        var children = answer["ChildShards"]!.AsArray();
        Assert.Equal(["shardId-000000000001", "shardId-000000000002"], children.Select(child => (string)child!["ShardId"]!));
        Assert.Equal(["0", "1000"], children.Select(child => (string)child!["HashKeyRange"]!["StartingHashKey"]!));
        Assert.Equal(Shard, (string)children[0]!["ParentShards"]![0]!);
    }

    private static async Task<IEnumerable<string>> ReadAsync(TestEndpoint endpoint, string iterator) =>
        Numbers(await endpoint.CallAsync("GetRecords", new { ShardIterator = iterator }));

    private static IEnumerable<string> Numbers(JsonNode answer) =>
        answer["Records"]!.AsArray().Select(record => (string)record!["SequenceNumber"]!);
}
