using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Converts a stream and its shards to their public form.</summary>
internal static class OverviewText
{
    /// <summary>The running minute is reported after this time; before it, the last complete minute is, or what was seen where there is none.</summary>
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(10);

    public static StreamOverview Of(string stream, StreamObservation sight, ReshardOperation? operation, DateTimeOffset now) => new()
    {
        Stream = stream,
        Arn = sight.Look.Summary.StreamArn,
        Status = sight.Look.Summary.Status,
        CreatedAt = sight.Look.Summary.CreationTime,
        OnDemand = sight.Look.Summary.OnDemand,
        ReadAt = now,
        OperationId = operation?.Id,
        Shards = [.. sight.Look.Shards.Select(s => Of(s, sight.Of(s), operation))],
    };

    private static ShardStatus Of(ShardRange shard, OwnedLoad? owned, ReshardOperation? operation)
    {
        var report = owned?.Report;
        var last = report?.Whole.Any() == true ? report.Minutes[^1] : default;
        var (rate, seconds) = report is null ? (default, 1) : RateOf(report);
        return new ShardStatus
        {
            ShardId = shard.ShardId,
            StartingHashKey = shard.StartingHashKey,
            EndingHashKey = shard.EndingHashKey,
            State = StateOf(shard, operation),
            OwnerSilo = owned?.Owner,
            UserRecordsPerSecond = rate.UserRecords / seconds,
            RecordsPerSecond = rate.OfferedRecords / seconds,
            BytesPerSecond = rate.OfferedBytes / seconds,
            Utilisation = rate.Utilisation * 60 / seconds,
            Delivered = last.Delivered,
            DeliveredBytes = last.DeliveredBytes,
            Throttled = last.Throttled,
            HotKeys = [.. (report?.HotKeys ?? []).Select(static k => new HotKeyStatus { HashKey = k.Hash, Share = k.Share, PartitionKey = k.Key })],
        };
    }

    /// <summary>Returns counts, and the seconds that they are of.</summary>
    private static (MinuteCount Counts, double Seconds) RateOf(ShardLoadReport report)
    {
        if (report.RunningFor >= Enough)
            return (report.Running, report.RunningFor.TotalSeconds);
        if (report.Whole.Any())
            return (report.Minutes[^1], 60);
        // There is one minute at most, the first, of which a part was seen.
        var seen = TimeSpan.FromMinutes(report.Minutes.Count) - report.Unseen + report.RunningFor;
        return (report.Minutes.Aggregate(report.Running, static (a, b) => a + b), Math.Max(1, seen.TotalSeconds));
    }

    private static string StateOf(ShardRange shard, ReshardOperation? operation)
    {
        if (operation is null)
            return "open";
        var step = operation.Steps[operation.Step];
        return step.Kind switch
        {
            ReshardStepKind.Split when shard.StartingHashKey == step.Start && shard.EndingHashKey == step.End => "splitting",
            ReshardStepKind.Merge when shard.StartingHashKey >= step.Start && shard.EndingHashKey <= step.End => "merging",
            _ => "open",
        };
    }
}
