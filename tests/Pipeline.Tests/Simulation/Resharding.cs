namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>Changes the shards of a simulated stream.</summary>
internal static class Resharding
{
    /// <summary>Puts other shards in place of those that are open. A listing that is late shows the former ones for up to a second.</summary>
    public static async Task ApplyAsync(PipelineHarness harness, ShardChange change, Random random, IReadOnlyList<ShardRange> next)
    {
        var former = harness.Kinesis.Shards;
        if (change == ShardChange.ListedLate)
        {
            var until = harness.Time.GetTimestamp() + random.NextInt64(TimeSpan.TicksPerSecond);
            harness.Kinesis.Listed = () => harness.Time.GetTimestamp() < until ? former : null;
        }
        else if (change == ShardChange.Announced)
        {
            await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [.. next.Select(s => s.StartingHashKey)]));
        }

        harness.Kinesis.Reshard(next);
    }
}

/// <summary>How the shards of a simulated stream change under its load.</summary>
internal enum ShardChange
{
    BySomebodyElse,
    ListedLate,
    Announced,
    CreatedAgain,
    CreatedAgainUnseen,
}
