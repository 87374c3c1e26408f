using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

/// <remarks>Tests <see cref="LocalKinesis.Operations.PutCheck"/> and <see cref="LocalKinesis.Wire.JsonAnswerWriter"/>.</remarks>
public class PutRecordsTests : EndpointTest
{
    [Fact]
    public async Task PutRecords_WhenApplied_AnswersInOrderAndTheAccountAgrees()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 4);
        var keys = Enumerable.Range(0, 300).Select(i => $"kö\"\\{i}").ToList();
        var answer = await Endpoint.CallAsync("PutRecords", new
        {
            StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/events",
            Records = keys.Select(key => new { Data = Encoding.UTF8.GetBytes("d" + key), PartitionKey = key }),
        });
        Assert.Equal(0, (int)answer["FailedRecordCount"]!);
        var told = answer["Records"]!.AsArray().Select(record => ((string)record!["ShardId"]!, (string)record["SequenceNumber"]!)).ToList();
        var applied = Endpoint.Kinesis.GetApplied("events").ToDictionary(record => (record.ShardId, record.SequenceNumber));
        Assert.Equal(300, applied.Count);
        for (var i = 0; i < keys.Count; i++)
        {
            var record = applied[told[i]];
            Assert.Equal(keys[i], record.PartitionKey);
            Assert.Equal("d" + keys[i], Encoding.UTF8.GetString(record.Data));
            Assert.Equal(Hash(keys[i]), record.HashKey);
            var shard = Endpoint.Kinesis.Get("events").Shards.Single(shard => shard.ShardId == record.ShardId);
            Assert.InRange(record.HashKey, shard.StartingHashKey, shard.EndingHashKey);
        }
        foreach (var shard in told.GroupBy(pair => pair.Item1))
            Assert.Equal(shard.Select(pair => pair.Item2).Order(StringComparer.Ordinal), shard.Select(pair => pair.Item2));
    }

    [Fact]
    public async Task PutRecords_WhenAShardIsOverItsLimit_FailsThoseRecordsAndNamesTheShard()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.LimitModel = LimitModel.Parse("bucket:100"), shards: 2);
        var answer = await endpoint.PutAsync("events", Enumerable.Repeat("0", 120).Append(UInt128.MaxValue.ToString()));
        var records = answer["Records"]!.AsArray();
        Assert.Equal(20, (int)answer["FailedRecordCount"]!);
        Assert.All(records.Skip(100).Take(20), record =>
        {
            Assert.Equal("ProvisionedThroughputExceededException", (string)record!["ErrorCode"]!);
            Assert.Equal("Rate exceeded for shard shardId-000000000000 in stream events under account 000000000000.", (string)record["ErrorMessage"]!);
            Assert.Null(record["SequenceNumber"]);
        });
        Assert.Equal("shardId-000000000001", (string)records[120]!["ShardId"]!);
        Assert.Equal([100, 1], endpoint.Kinesis.Get("events").Shards.Select(shard => shard.AppliedRecords));
        Assert.Equal([20, 0], endpoint.Kinesis.Get("events").Shards.Select(shard => shard.ThrottledRecords));
        endpoint.Clock.Advance(TimeSpan.FromMilliseconds(20));
        Assert.Equal(10, (int)(await endpoint.PutAsync("events", Enumerable.Repeat("0", 30)))["FailedRecordCount"]!);
    }

    [Fact]
    public async Task PutRecords_WhenLimitsCountBytes_CountsKeyBytesInUtf8()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.LimitModel = LimitModel.Parse("bucket:10"), shards: 1);
        var key = string.Concat(Enumerable.Repeat("😀", 256));
        var records = Enumerable.Range(0, 10).Select(_ => new { Data = Array.Empty<byte>(), PartitionKey = key });
        Assert.Equal(0, (int)(await endpoint.CallAsync("PutRecords", new { StreamName = "events", Records = records }))["FailedRecordCount"]!);
        Assert.Equal(10_240, endpoint.Kinesis.Get("events").Shards[0].AppliedBytes);
        Assert.Equal(key, endpoint.Kinesis.GetApplied("events").First().PartitionKey);
    }

    [Theory]
    [InlineData("{}", "Value null at 'records'")]
    [InlineData("""{"Records":[]}""", "greater than or equal to 1")]
    [InlineData("""{"Records":[{"PartitionKey":"k"}]}""", "'records.1.member.data'")]
    [InlineData("""{"Records":[{"Data":"","PartitionKey":"k"},{"Data":"","PartitionKey":""}]}""", "'records.2.member.partitionKey'")]
    [InlineData("""{"Records":[{"Data":"","PartitionKey":"k","ExplicitHashKey":"-1"}]}""", "'explicitHashKey'")]
    [InlineData("""{"Records":[{"Data":"","PartitionKey":"k","ExplicitHashKey":"01"}]}""", "'explicitHashKey'")]
    public async Task PutRecords_WhenAFieldBreaksItsRule_IsAValidationErrorAndAppliesNothing(string request, string expected)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var (type, message) = await Endpoint.FailAsync(
            "PutRecords", request.Insert(1, request == "{}" ? "\"StreamName\":\"events\"" : "\"StreamName\":\"events\","));
        Assert.EndsWith("#ValidationException", type, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Empty(Endpoint.Kinesis.GetApplied("events"));
    }

    [Fact]
    public async Task PutRecords_WhenKeysAre257CharactersOrRecords501_Refuses()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var (_, longKey) = await Endpoint.FailAsync("PutRecords", new { StreamName = "events", Records = new[] { TestEndpoint.Record(new('k', 257)) } });
        Assert.Contains("less than or equal to 256", longKey, StringComparison.Ordinal);
        var (_, many) = await Endpoint.FailAsync("PutRecords", new { StreamName = "events", Records = Enumerable.Repeat(TestEndpoint.Record("k"), 501) });
        Assert.Contains("less than or equal to 500", many, StringComparison.Ordinal);
        Assert.Equal(0, (int)(await Endpoint.PutAsync("events", Enumerable.Repeat("0", 500)))["FailedRecordCount"]!);
    }

    [Fact]
    public async Task PutRecords_WhenLargerThanTheLimits_FollowsTheStreamsAndTheRequestsOwn()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 4);
        object Put(params int[] sizes) => new { StreamName = "events", Records = sizes.Select((size, i) => TestEndpoint.Record($"{i}", size - 1)) };
        var (type, message) = await Endpoint.FailAsync("PutRecords", Put((1 << 20) + 1));
        Assert.Equal("InvalidArgumentException", type);
        Assert.Contains("1024 KiB", message, StringComparison.Ordinal);
        await Endpoint.CallAsync("PutRecords", Put(1 << 20));
        await Endpoint.CallAsync("UpdateMaxRecordSize", new { StreamARN = Endpoint.Kinesis.Get("events").Arn, MaxRecordSizeInKiB = 10_240 });
        await Endpoint.CallAsync("PutRecords", Put(10 << 20));
        var (_, total) = await Endpoint.FailAsync("PutRecords", Put(5 << 20, (5 << 20) + 1));
        Assert.Contains("exceeds 10 MB", total, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PutRecords_WithYesterdaysSizes_StopsAtFiveMiB()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.Sizes = SizeLimits.Yesterday, shards: 4);
        var (_, total) = await endpoint.FailAsync("PutRecords",
            new { StreamName = "events", Records = Enumerable.Repeat(TestEndpoint.Record("k", 900_000), 6) });
        Assert.Contains("exceeds 5 MB", total, StringComparison.Ordinal);
        var (type, _) = await endpoint.FailAsync("UpdateMaxRecordSize", new { StreamARN = endpoint.Kinesis.Get("events").Arn, MaxRecordSizeInKiB = 2_048 });
        Assert.EndsWith("#UnknownOperationException", type, StringComparison.Ordinal);
        Assert.Null((await endpoint.CallAsync("DescribeStreamSummary", new { StreamName = "events" }))["StreamDescriptionSummary"]!["MaxRecordSizeInKiB"]);
    }

    [Fact]
    public async Task PutRecords_WhenTheStreamIsUnknownOrCreating_DoesNotFindIt()
    {
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("PutRecords", new { StreamName = "events", Records = new[] { TestEndpoint.Record("k") } })).Type);
        await Endpoint.CallAsync("CreateStream", new { StreamName = "events", ShardCount = 1 });
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("PutRecords", new { StreamName = "events", Records = new[] { TestEndpoint.Record("k") } })).Type);
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        await Endpoint.PutAsync("events", "0");
    }

    private static UInt128 Hash(string key)
    {
        var digest = MD5.HashData(Encoding.UTF8.GetBytes(key));
        return digest.Aggregate((UInt128)0, (hash, next) => (hash << 8) | next);
    }
}
