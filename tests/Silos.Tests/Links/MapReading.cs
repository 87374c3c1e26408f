using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>Has a stream's shard map read, and waits for it.</summary>
internal static class MapReading
{
    /// <summary>Has the map asked for after this call.</summary>
    public static Task ReadMapAsync(this StreamPipeline stream) => stream.Shards.IsListedAsync(FakeKinesis.FirstShard, CancellationToken.None);
}
