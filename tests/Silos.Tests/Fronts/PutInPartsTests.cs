using Orleans.Kpl.Aggregation;
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

    private static PackedRecords Part(string key)
    {
        var writer = new PackedRecordsWriter();
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        Assert.True(writer.TryAdd(bytes, new byte[60_000], HashKey.OfPartitionKey(bytes)));
        return PackedRecords.Parse(writer.ToArray());
    }
}
