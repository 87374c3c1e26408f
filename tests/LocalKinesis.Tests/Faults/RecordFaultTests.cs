using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.LocalKinesis.Tests.Faults;

public class RecordFaultTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RecordError_FailsSomeRecordsAndTheAccountSaysWhatBecameOfThem(bool applied)
    {
        await using var endpoint = await TestEndpoint.StartAsync(shards: 2);
        endpoint.Kinesis.Faults.Add(new RecordErrorFault { Probability = 0.5, Applied = applied, Stream = "events" });
        var answer = await endpoint.PutAsync("events", Enumerable.Range(0, 200).Select(i => $"{i}"));
        var failed = answer["Records"]!.AsArray().Select((record, i) => (Code: (string?)record!["ErrorCode"], i))
            .Where(pair => pair.Code is not null).ToList();
        Assert.InRange(failed.Count, 70, 130);
        Assert.Equal(failed.Count, (int)answer["FailedRecordCount"]!);
        Assert.All(failed, pair => Assert.Equal("InternalFailure", pair.Code));
        var records = endpoint.Kinesis.GetApplied("events").ToList();
        Assert.Equal(applied ? 200 : 200 - failed.Count, records.Count);
        Assert.Equal(applied ? failed.Select(pair => pair.i) : [],
            records.Where(record => record.Marks.HasFlag(RecordMarks.ToldFailed)).Select(record => (int)record.HashKey));
    }

    [Fact]
    public async Task ThrottleShard_ThrottlesThatShardOnly()
    {
        await using var endpoint = await TestEndpoint.StartAsync(shards: 2);
        endpoint.Kinesis.Faults.Add(new ThrottleShardFault { ShardId = "shardId-000000000001" });
        var records = (await endpoint.PutAsync("events", "0", $"{UInt128.MaxValue}", "1"))["Records"]!.AsArray();
        Assert.Equal([null, "ProvisionedThroughputExceededException", null], records.Select(record => (string?)record!["ErrorCode"]));
        Assert.Contains("shardId-000000000001", (string)records[1]!["ErrorMessage"]!, StringComparison.Ordinal);
        Assert.Equal("ProvisionedThroughputExceededException", (await endpoint.FailAsync("PutRecord",
            new { StreamName = "events", Data = "", PartitionKey = "k", ExplicitHashKey = $"{UInt128.MaxValue}" })).Type);
    }
}
