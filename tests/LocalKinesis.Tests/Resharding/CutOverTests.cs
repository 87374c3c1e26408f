using System.Globalization;

namespace Orleans.Kpl.LocalKinesis.Tests.Resharding;

public class CutOverTests : EndpointTest
{
    private const string First = "shardId-000000000000";

    [Fact]
    public async Task CutOver_AfterRecords_TakesPlaceInTheMiddleOfACall()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        Endpoint.Kinesis.Reshards = new() { CutOverAfterRecords = 3, CutOverDelay = TimeSpan.FromMinutes(1) };
        Endpoint.Kinesis.Split("events", First, 1_000);
        var records = (await Endpoint.PutAsync("events", "0", "5000", "0", "0", "5000"))["Records"]!.AsArray();
        Assert.Equal([0, 0, 0, 1, 2], records.Select(record => (int)char.GetNumericValue(((string)record!["ShardId"]!)[^1])));
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(StreamStatus.Active, Endpoint.Kinesis.Get("events").Status);
        Endpoint.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(3, Endpoint.Kinesis.Get("events").Shards.Count);
    }

    [Fact]
    public async Task CutOver_AfterRecordsThatNeverCome_TakesPlaceInTime()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        Endpoint.Kinesis.Reshards = new() { CutOverAfterRecords = 3, CutOverDelay = TimeSpan.FromSeconds(1) };
        Endpoint.Kinesis.Split("events", First, 1_000);
        await Endpoint.PutAsync("events", "0");
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        await Endpoint.PutAsync("events", "0", "0", "0", "0");
        Assert.Equal([1, 4, 0], Endpoint.Kinesis.Get("events").Shards.Select(shard => shard.AppliedRecords));
    }

    [Fact]
    public async Task CutOvers_OfUpdateShardCount_AreSpaced()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 4);
        Endpoint.Kinesis.Reshards = new() { CutOverDelay = TimeSpan.FromSeconds(1), CutOverSpacing = TimeSpan.FromSeconds(1) };
        Endpoint.Kinesis.UpdateShardCount("events", 8);
        var open = new List<int>();
        for (var second = 0; second < 6; second++)
        {
            open.Add(Endpoint.Kinesis.Get("events").Shards.Count(shard => shard.IsOpen));
            Endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal([4, 5, 6, 7, 8, 8], open);
    }

    [Fact]
    public async Task OnDemandStreams_SplitAShardThatStaysThrottled()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.LimitModel = LimitModel.Parse("bucket:10"));
        await endpoint.CallAsync("CreateStream", new { StreamName = "events", StreamModeDetails = new { StreamMode = "ON_DEMAND" } });
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4, endpoint.Kinesis.Get("events").Shards.Count);
        for (var tenth = 0; tenth < 60; tenth++)
        {
            await endpoint.PutAsync("events", Enumerable.Repeat("1", 30));
            endpoint.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }
        var stream = endpoint.Kinesis.Get("events");
        Assert.Equal([false, true, true, true, true, true], stream.Shards.Select(shard => shard.IsOpen));
        Assert.Equal(stream.Shards[0].EndingHashKey, stream.Shards[5].EndingHashKey);
        Assert.Equal(UInt128.Parse("42535295865117307932921825928971026432", CultureInfo.InvariantCulture), stream.Shards[5].StartingHashKey);
    }
}
