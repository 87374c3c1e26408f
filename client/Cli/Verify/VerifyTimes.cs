using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Verify;

/// <summary>The times that the arguments name.</summary>
/// <param name="From">The value of <c>--from</c>; null for all that the stream keeps.</param>
/// <param name="To">The value of <c>--to</c>; null for now.</param>
internal sealed record VerifyTimes(DateTimeOffset? From, DateTimeOffset? To)
{
    /// <summary>How much of what a stream still keeps is left out: it is dropped while it is read.</summary>
    private static readonly TimeSpan EdgeOfRetention = TimeSpan.FromMinutes(5);

    /// <summary>Returns what is wrong with times that can be read.</summary>
    public IEnumerable<string> Check(DateTimeOffset now)
    {
        if (From > now)
            yield return $"--from: {Text(From.Value)} lies in the future";
        if (To > now)
            yield return $"--to: {Text(To.Value)} lies in the future: without --to it is now";
        if (From is { } from && To <= from)
            yield return $"--to: {Text(To.Value)} is not after --from, which is {Text(from)}";
    }

    /// <summary>The window that is judged. Without <c>--to</c> it has no end: all that is there counts, however the clocks differ.</summary>
    /// <param name="stream">What Kinesis tells of the stream; null where that may not be asked.</param>
    /// <exception cref="CliException">The stream does not keep records for so long.</exception>
    public DeliveryWindow On(StreamSummary? stream, DateTimeOffset now, TimeSpan recordTtl)
    {
        var kept = stream?.RetentionHours is { } hours ? now - TimeSpan.FromHours(hours) : DateTimeOffset.UnixEpoch;
        var created = stream?.CreationTime ?? DateTimeOffset.UnixEpoch;
        var tooLong = $"is longer ago than the stream keeps records, which is {Quantity.OfTime(now - kept)}";
        if (From < kept && created < kept)
            throw CliException.BadArguments($"--from: {Text(From.Value)} {tooLong}: 'start' takes all that are left");
        var oldest = created > kept ? created : kept;
        if (To <= oldest)
        {
            throw CliException.BadArguments($"--to: {Text(To.Value)} " + (oldest == kept ? $"{tooLong}: nothing of that time is left"
                : $"is not after the creation of the stream at {Text(created)}: it had no records"));
        }

        // A record about to be dropped is gone when its shard is read, and is not missing.
        var edge = oldest == kept && kept > DateTimeOffset.UnixEpoch && !(To <= kept + EdgeOfRetention) ? kept + EdgeOfRetention : oldest;
        var from = From > edge ? From.Value : edge;
        var isFromCreation = created > DateTimeOffset.UnixEpoch && stream?.RetentionHours is not null && from == created;
        return new DeliveryWindow(from, To ?? DateTimeOffset.MaxValue) { RecordTtl = recordTtl, IsFromCreation = isFromCreation };
    }

    /// <summary>The position at which reading begins.</summary>
    public static TailStart StartAt(DateTimeOffset time) =>
        time <= DateTimeOffset.UnixEpoch ? TailStart.Oldest : new TailStart(ShardFilter.FromTimestamp(time), ShardPosition.AtTimestamp(time));

    public static string Text(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z";
}
