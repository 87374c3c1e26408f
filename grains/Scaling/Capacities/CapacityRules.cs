using System.Globalization;
using Orleans.Kpl.Pipeline.Kinesis;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Capacities;

/// <summary>Decides whether a stream's capacity may be changed as asked, and what a change means. Pure.</summary>
internal static class CapacityRules
{
    /// <summary>The note where the intent to set warm throughput back is in the memory of the process alone.</summary>
    public const string OnlyInMemory = "Only the process that manages the stream knows of that, in its memory: if it ends before then, nobody sets it back.";

    private const int MostWarmMiB = 10_240;
    private const int LeastRecordKiB = 1_024;
    private const int MostRecordKiB = 10_240;

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>Returns what a change does to the capacity as it is.</summary>
    /// <param name="at">When the change is made.</param>
    /// <exception cref="StreamManagerException">The change is none, or is not possible.</exception>
    public static CapacityPlan Plan(StreamCapacity now, CapacityChange change, DateTimeOffset at)
    {
        if (new object?[] { change.WarmMiBPerSecond, change.MaxRecordKiB, change.OnDemand }.Count(static c => c is not null) != 1)
            throw Invalid("One change is expected: of the warm throughput, of the largest record, or of the mode.");
        if (change.For != default && change.WarmMiBPerSecond is null)
            throw Invalid("Only warm throughput is set back by itself.");
        return change switch
        {
            { WarmMiBPerSecond: { } warm } => Warm(now, warm, change.For, at),
            { MaxRecordKiB: { } limit } => RecordLimit(now, limit),
            _ => Mode(now, change.OnDemand == true),
        };
    }

    /// <summary>The call that a change is made by.</summary>
    public static CapacityCall CallOf(CapacityChange change) => change switch
    {
        { WarmMiBPerSecond: { } warm } => new CapacityCall.Warm(warm),
        { MaxRecordKiB: { } limit } => new CapacityCall.MaxRecord(limit),
        _ => new CapacityCall.Mode(change.OnDemand == true),
    };

    private static CapacityPlan Warm(StreamCapacity now, int warm, TimeSpan duration, DateTimeOffset at)
    {
        if (warm is < 0 or > MostWarmMiB)
            throw Invalid(Invariant($"A warm throughput of {warm} MiB/s is not possible: AWS allows 0 to {MostWarmMiB:N0}."));
        if (duration != default && (duration < Shortest || duration > Longest))
            throw Invalid("Warm throughput is set back after 1 minute to 30 days.");
        if (!now.OnDemand)
            throw Invalid($"The stream {now.Stream} is provisioned: only on-demand streams have warm throughput.");
        if (now.BillingCommitment == "DISABLED")
            throw Invalid("The account has no minimum throughput billing commitment, without which AWS allows no warm throughput.");
        var before = now.WarmMiBPerSecond ?? 0;
        DateTimeOffset? until = duration == default ? null : at + duration;
        int? back = until is null ? null : now.WarmAfterwardsMiBPerSecond ?? before;
        List<string> notes = [$"The warm throughput goes from {before} to {warm} MiB/s."];
        if (until is { } end)
            notes.Add($"It is set back to {back} MiB/s at {Time(end)}.");
        else if (now.WarmUntil is { } former)
            notes.Add($"It stays so: that it is set back to {now.WarmAfterwardsMiBPerSecond} MiB/s at {Time(former)} does not hold any more.");
        return new CapacityPlan
        {
            Before = now,
            After = now with { WarmMiBPerSecond = warm, WarmUntil = until, WarmAfterwardsMiBPerSecond = back },
            Notes = notes,
        };
    }

    private static CapacityPlan RecordLimit(StreamCapacity now, int limit)
    {
        if (limit is < LeastRecordKiB or > MostRecordKiB)
            throw Invalid(Invariant($"A record limit of {limit} KiB is not possible: AWS allows {LeastRecordKiB:N0} to {MostRecordKiB:N0}."));
        return Of(now, now with { MaxRecordKiB = limit }, now.MaxRecordKiB == limit, [
            Invariant($"The largest record goes from {now.MaxRecordKiB:N0} to {limit:N0} KiB."),
            limit > now.MaxRecordKiB
                ? "Whoever reads the stream must take records of that size."
                : "Larger records that wait to be sent fail with RecordTooLarge, or are set aside by the backlog."]);
    }

    private static CapacityPlan Mode(StreamCapacity now, bool onDemand)
    {
        var then = onDemand
            ? now with { OnDemand = true }
            : now with { OnDemand = false, WarmMiBPerSecond = null, WarmUntil = null, WarmAfterwardsMiBPerSecond = null };
        return Of(now, then, now.OnDemand == onDemand, [
            onDemand
                ? "The stream becomes on-demand: it keeps its shards, and Kinesis splits and merges them from then on. A policy switches itself off."
                : "The stream becomes provisioned: it keeps its shards, and Kinesis makes no others by itself.",
            "AWS allows a stream two switches of its mode in 24 hours. What each mode costs, kpl cost tells."]);
    }

    private static CapacityPlan Of(StreamCapacity now, StreamCapacity then, bool isSo, IReadOnlyList<string> notes) =>
        new() { Before = now, After = then, Notes = isSo ? [] : notes };

    /// <summary>Writes a time as notes have it.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static StreamManagerException Invalid(string why) => new(StreamManagerErrorCodes.InvalidChange, why);
}
