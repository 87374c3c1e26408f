namespace Orleans.Kpl.LocalKinesis;

/// <summary>When the shards of a stream that is being resharded switch, and when others learn of it.</summary>
public sealed record ReshardTiming
{
    /// <summary>From the call to the first cut-over, from which on writes go to the children. Default: 100 ms.</summary>
    public TimeSpan CutOverDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The first cut-over takes place when its parent has taken so many more records, if that is before <see cref="CutOverDelay"/> is
    /// over: in the middle of a PutRecords call when it carries more. Default: null, by time alone.
    /// </summary>
    public int? CutOverAfterRecords { get; init; }

    /// <summary>Between the cut-overs of one UpdateShardCount: shards do not switch together. Default: 10 ms.</summary>
    public TimeSpan CutOverSpacing { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the stream stays UPDATING after the last cut-over. Default: 200 ms.</summary>
    public TimeSpan UpdatingTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long ListShards and DescribeStream go on showing the shards from before a cut-over. Default: 0.</summary>
    public TimeSpan ListShardsLag { get; init; }

    internal IEnumerable<string> Check()
    {
        foreach (var (name, span) in new[] { (nameof(CutOverDelay), CutOverDelay), (nameof(CutOverSpacing), CutOverSpacing),
            (nameof(UpdatingTime), UpdatingTime), (nameof(ListShardsLag), ListShardsLag) })
            if (span < TimeSpan.Zero || span > TimeSpan.FromDays(1)) yield return $"{name} {span} is outside 0 to 1 day";
        if (CutOverAfterRecords < 0) yield return $"{nameof(CutOverAfterRecords)} must not be negative";
    }
}
