using System.Collections.Immutable;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Grains.Links;

/// <summary>The loads that one silo measured on the shards that it owns.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.SiloLoads")]
internal sealed class SiloLoads
{
    [Id(0)] public ImmutableArray<SiloShardLoad> Shards { get; init; } = [];

    public static SiloLoads Of(IEnumerable<(string ShardId, ShardLoadReport? Report)> reports) =>
        new() { Shards = [.. reports.Select(static r => SiloShardLoad.Of(r.ShardId, r.Report))] };
}

/// <summary>The load that its owner measured on one shard: a serializable <see cref="ShardLoadReport"/>.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.SiloShardLoad")]
internal sealed class SiloShardLoad
{
    private const int Numbers = 6;
    private const int BilledNumbers = 4;

    [Id(0)] public required string ShardId { get; init; }

    /// <summary>Whether anything was sent for the shard yet; if not, all values below are empty.</summary>
    [Id(1)] public bool HasReport { get; init; }

    [Id(2)] public UInt128 StartingHashKey { get; init; }

    [Id(3)] public UInt128 EndingHashKey { get; init; }

    /// <summary>Six numbers for each minute, the current minute last.</summary>
    [Id(4)] public long[] Minutes { get; init; } = [];

    [Id(5)] public double[] Histogram { get; init; } = [];

    [Id(6)] public UInt128[] HotHashes { get; init; } = [];

    [Id(7)] public double[] HotShares { get; init; } = [];

    [Id(8)] public string?[] HotKeys { get; init; } = [];

    [Id(9)] public TimeSpan RunningFor { get; init; }

    /// <summary>The load that Kinesis bills for each of the minutes, four numbers each; empty from a silo that is older.</summary>
    [Id(10)] public uint[]? Billed { get; init; }

    /// <summary>The user records that Kinesis took in each of the minutes; empty from a silo that is older.</summary>
    [Id(11)] public long[]? UserRecords { get; init; }

    /// <summary>How much of the first of the complete minutes was not observed; zero from a silo that is older.</summary>
    [Id(12)] public TimeSpan Unseen { get; init; }

    public static SiloShardLoad Of(string shardId, ShardLoadReport? report) => report is null
        ? new SiloShardLoad { ShardId = shardId }
        : new SiloShardLoad
        {
            ShardId = shardId,
            HasReport = true,
            StartingHashKey = report.Range.StartingHashKey,
            EndingHashKey = report.Range.EndingHashKey,
            Minutes = [.. report.Minutes.Append(report.Running)
                .SelectMany(static m => (long[])[m.UserRecords, m.OfferedRecords, m.OfferedBytes, m.Delivered, m.DeliveredBytes, m.Throttled])],
            Histogram = [.. report.Histogram],
            HotHashes = [.. report.HotKeys.Select(static k => k.Hash)],
            HotShares = [.. report.HotKeys.Select(static k => k.Share)],
            HotKeys = [.. report.HotKeys.Select(static k => k.Key)],
            RunningFor = report.RunningFor,
            Unseen = report.Unseen,
            Billed = [.. report.Minutes.Append(report.Running)
                .SelectMany(static m => (uint[])[m.Billed.Units, m.Billed.KiB, m.Billed.UnitsAlone, m.Billed.KiBAlone])],
            UserRecords = [.. report.Minutes.Append(report.Running).Select(static m => m.DeliveredUserRecords)],
        };

    public ShardLoadReport? ToReport()
    {
        if (!HasReport)
            return null;
        MinuteCount[] minutes = [.. Minutes.Chunk(Numbers).Select(static m => new MinuteCount(m[0], m[1], m[2], m[3], m[4], m[5]))];
        foreach (var (i, b) in (Billed ?? []).Chunk(BilledNumbers).Take(minutes.Length).Index())
            minutes[i] = minutes[i] with { Billed = new BilledLoad(b[0], b[1], b[2], b[3]) };
        foreach (var (i, users) in (UserRecords ?? []).Take(minutes.Length).Index())
            minutes[i] = minutes[i] with { DeliveredUserRecords = users };
        HotKey[] hot = [.. HotHashes.Select((h, i) => new HotKey(h, HotShares[i], HotKeys[i]))];
        return new ShardLoadReport(new ShardRange(ShardId, StartingHashKey, EndingHashKey), minutes[..^1], Histogram, hot) { Running = minutes[^1],
            RunningFor = RunningFor, Unseen = Unseen };
    }
}
