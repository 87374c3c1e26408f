using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Fronts;

/// <summary>Records that are put in several parts, as those of a call above 64 KB.</summary>
/// <remarks>Tests <see cref="Silos.Fronts.ClusterProducer"/>.</remarks>
public sealed class PutInPartsTests
{
    /// <summary>The call failed, and its caller did not hear that Kinesis has the records of the first part.</summary>
    [Fact]
    public async Task PutAsync_WhenTheSiloIsDrainedBeforeThePartsAreIn_TellsTheResultOfEach()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.MaxOutstandingBytes = 100_000);
        var silo = await world.StartAsync();
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Kinesis.BeforePut = async (_, _) => await answered.Task;

        var put = silo.Node.Producer.PutAsync(NodeWorld.Stream, [Part("first"), Part("second")], null);
        await Waiting.UntilAsync(() => silo.Node.Producer.Find(NodeWorld.Stream)?.HasWaiters == true);
        var draining = silo.Node.Drain.DrainAsync();
        await Waiting.UntilAsync(() => !silo.Node.Producer.Find(NodeWorld.Stream)!.HasWaiters);
        answered.SetResult();
        await draining.WaitAsync(Waiting.Long);
        var results = await put.WaitAsync(Waiting.Long);

        Assert.Equal([RecordStatus.Delivered, RecordStatus.Failed], results.Select(static r => r.Status));
        Assert.Equal((RecordErrorCodes.Shutdown, "second"), (results[1].ErrorCode, results[1].Record?.PartitionKey));
    }

    /// <summary>Nobody gets a batch of which nothing was accepted: each one that was refused took its array out of the pool for ever.</summary>
    [Fact]
    public async Task PutAsync_OfAPartThatIsRefused_GivesTheRoomForItsResultsBack()
    {
        await using var world = new NodeWorld(shards: 1);
        var silo = await world.StartAsync();
        await silo.Node.Drain.DrainAsync().WaitAsync(Waiting.Long);
        // Of a size that nothing else has here, and the pool gives what came back last.
        const int records = 9_000;
        var writer = new PackedRecordsWriter(maxBytes: 1 << 20);
        for (var i = 0; i < records; i++)
            Assert.True(writer.TryAdd("key"u8, "x"u8, HashKey.OfPartitionKey("key"u8)));
        var known = ResultPool.Rent(records);
        ResultPool.Return(known);

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => silo.Node.Producer.PutAsync(NodeWorld.Stream, [PackedRecords.Parse(writer.ToArray())], null));

        Assert.Same(known, ResultPool.Rent(records));
    }

    private static PackedRecords Part(string key)
    {
        var writer = new PackedRecordsWriter();
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        Assert.True(writer.TryAdd(bytes, new byte[60_000], HashKey.OfPartitionKey(bytes)));
        return PackedRecords.Parse(writer.ToArray());
    }
}
