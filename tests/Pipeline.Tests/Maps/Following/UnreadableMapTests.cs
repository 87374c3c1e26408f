using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Tests.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Maps.Following;

/// <summary>Records of a stream whose shard map cannot be read, or does not show their shard.</summary>
public sealed class UnreadableMapTests
{
    private const string Throttled = "LimitExceededException";
    private const string Denied = "AccessDeniedException";

    /// <summary>In a cluster another process may be sending for the shard, and holds the right to do so.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, true, Throttled, true)]
    [InlineData(OrderedMode.PutRecords, false, Throttled, true)]
    [InlineData(OrderedMode.PutRecords, true, Throttled, false)]
    [InlineData(OrderedMode.PutRecord, true, RecordErrorCodes.ConnectionFailed, false)]
    [InlineData(OrderedMode.PutRecords, true, Denied, true)]
    public async Task Routes_WithoutAMap_LetRecordsTravelAlone_UnlessAnotherProcessMayServeTheirOrderedShards(
        OrderedMode mode, bool isCluster, string code, bool goesAlone)
    {
        using var parts = new StreamParts(o => o.Ordered = mode, isCluster ? new ProbeOwners() : null);
        await FailAsync(parts, code);

        Assert.Equal(goesAlone ? EngineKind.Unpredicted : EngineKind.AwaitingMap, parts.Topology.Current.Fallback!.Kind);
    }

    [Fact]
    public async Task Route_OfAnOrderedStreamOfACluster_SendsNothingWithoutAMap_AndTheRecordEndsWithItsTimeToLive()
    {
        using var parts = new StreamParts(static o => o.Ordered = OrderedMode.PutRecords, new ProbeOwners());
        await FailAsync(parts, Throttled);
        var sink = parts.Route(1, ttlSeconds: 5);
        await parts.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Equal(RecordErrorCodes.Expired, sink.Result.ErrorCode);
        Assert.Empty(parts.Kinesis.Calls);
    }

    /// <summary>Whoever serves the shard that is not listed may be sending for it.</summary>
    [Theory]
    [InlineData(OrderedMode.PutRecords, true, false)]
    [InlineData(OrderedMode.PutRecords, false, true)]
    [InlineData(OrderedMode.Off, true, true)]
    public async Task Routes_OfAListingWithAHole_LetRecordsTravelAloneThere_OrReadTheMapAgain(OrderedMode mode, bool isCluster, bool goesAlone)
    {
        using var parts = new StreamParts(o => o.Ordered = mode, isCluster ? new ProbeOwners() : null);
        parts.Kinesis.Listed = () => [parts.Kinesis.Shards[0]];
        parts.Map.Refresh();
        await parts.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(goesAlone ? EngineKind.Unpredicted : EngineKind.AwaitingMap, parts.Topology.Current.Fallback!.Kind);
        Assert.InRange(parts.Kinesis.Listings, goesAlone ? 1 : 4, goesAlone ? 1 : 6);

        parts.Kinesis.Listed = static () => null;
        parts.Map.Refresh();
        await parts.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Null(parts.Topology.Current.Fallback);
        Assert.Equal(2, parts.Topology.Current.Map.Count);
    }

    /// <summary>Three readings of the map fail.</summary>
    private static async Task FailAsync(StreamParts parts, string code)
    {
        parts.Kinesis.BeforeList = _ => throw new KinesisException(KinesisFailureKind.Refused, code, "as the test says", 400);
        parts.Map.Refresh();
        await parts.PassAsync(TimeSpan.FromSeconds(6));
        Assert.True(parts.Kinesis.Listings >= 3, $"{parts.Kinesis.Listings} readings");
    }
}
