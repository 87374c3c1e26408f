namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>KCL's filter as the judge: what is claimed as delivered must be there for the consumers of the shard that is named.</summary>
internal static class Visible
{
    /// <summary>Places of user records that consumers see.</summary>
    public static HashSet<(string Shard, string Sequence, int SubSequence)> Places(PipelineHarness harness) =>
        [.. harness.Kinesis.Records.Where(r => r.VisibleToKcl).Select(r => (r.ShardId, r.SequenceNumber, r.SubSequence))];

    public static void Check(PipelineHarness harness, IEnumerable<RecordResult> results)
    {
        var places = Places(harness);
        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.All(results, r => Assert.Contains((r.ShardId!, r.SequenceNumber!, r.SubSequenceNumber), places));
    }

    /// <summary>Copies beyond the first that Kinesis holds, whether consumers drop them or not.</summary>
    public static int Duplicates(PipelineHarness harness) => harness.Kinesis.Records.Count - harness.Kinesis.Records.Select(r => r.Key).Distinct().Count();
}
