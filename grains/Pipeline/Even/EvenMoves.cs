using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>
/// Moves Kinesis records away from a shard that throttles, to one that takes them earlier. Kinesis has nothing of a throttled record, so moving repeats
/// nothing; one whose call was ambiguous is tried again at its shard.
/// </summary>
/// <param name="settings">How members are packed.</param>
/// <param name="shards">The shards that this process serves: only there can it put a Kinesis record before those that wait.</param>
/// <param name="takeApart">Takes a Kinesis record apart that cannot go as it is.</param>
internal sealed class EvenMoves(PipelineSettings settings, EvenShards shards, Random random, Action<KinesisRecord> takeApart)
{
    /// <summary>By how much longer a shard's wait must be, in ticks, before what waits there unsent moves too.</summary>
    private const long Overdue = 2 * TimeSpan.TicksPerSecond;

    private readonly Lock _lock = new();

    /// <summary>Changes the verdict on a throttled Kinesis record that another shard takes earlier: it moves.</summary>
    public Verdict Amend(Verdict verdict, KinesisRecord record)
    {
        if (verdict is not { Kind: VerdictKind.Retry, Code: RecordErrorCodes.Throttled } || !EvenChoice.MayMove(record.MostCounted) || !IsGiven(record))
            return verdict;
        var (engine, best) = (record.Engine, Best(record, out var to));
        var own = EvenChoice.WaitOf(EngineTokens.Of(engine), engine.Tokens.Limits, record.Size);
        if (own > Math.Max(best, 0) + Overdue)
            MoveWaiting(engine);
        // A shard that throttles it again and again is slower than it seems.
        return to is not null && (best <= own || record.MostCounted > 0) ? verdict with { Kind = VerdictKind.Reroute } : verdict;
    }

    /// <summary>Moves a Kinesis record whose verdict was changed; takes any other one apart.</summary>
    public void Reroute(KinesisRecord record)
    {
        var most = settings.Options.MaxAttempts;
        var isThrottled = record.Attempts is { Attempt.ErrorCode: RecordErrorCodes.Throttled } && (most <= 0 || record.MostCounted < most);
        if (!isThrottled || !IsGiven(record) || !TryMove(record))
            takeApart(record);
    }

    /// <summary>Moves what waits for a shard: part of it comes back, as much as the shard takes in time.</summary>
    private void MoveWaiting(ShardEngine engine)
    {
        List<KinesisRecord> waiting;
        lock (engine.Lock)
            waiting = engine.Policy.TakeOut(static r => IsGiven(r));
        foreach (var record in waiting)
        {
            if (!TryMove(record, mayStay: true))
                takeApart(record);
        }
    }

    /// <summary>
    /// Packs the members anew, with a hash key of another shard, and puts them before what waits there. False where there is none, or a member's caller chose
    /// its hash key.
    /// </summary>
    private bool TryMove(KinesisRecord record, bool mayStay = false)
    {
        if (!AreAllGiven(record.Encoded))
            return false;
        Best(record, out var to, mayStay);
        if (to is null)
            return false;
        UInt128 hashKey;
        lock (_lock)
            hashKey = EvenKey.In(to.Range, random);
        var open = record.Members[0].Sink.IsAlone
            ? OpenAggregate.ForOne()
            : new OpenAggregate(new AggregationLimits(long.MaxValue, AggregationLimits.LargestMaxSize), settings.ContainerKey, settings.AlwaysWrap);
        var reader = MemberReading.Open(record.Encoded);
        for (var index = 0; reader.MoveNext(); index++)
        {
            var member = reader.Current.AsRecord(record.Members[index], record.AttemptsOf(index), isDueAtOnce: true);
            open.TryAdd(member with { HashKey = hashKey }, to.Now);
        }

        var moved = open.Close(to);
        record.Release();
        if (!to.TryTakeBack(moved))
            takeApart(moved);
        return true;
    }

    private double Best(KinesisRecord record, out ShardEngine? to, bool mayStay = false)
    {
        lock (_lock)
        {
            to = shards.Best(record.Size, mayStay ? null : record.Engine, out var wait);
            return wait;
        }
    }

    private static bool IsGiven(KinesisRecord record) => record.Encoded.HasExplicitHashKey && EvenKey.IsGiven(record.Encoded.HashKey);

    private static bool AreAllGiven(in EncodedRecord encoded)
    {
        var reader = MemberReading.Open(encoded);
        while (reader.MoveNext())
        {
            if (reader.Current.ExplicitHashKey is not { } hashKey || !EvenKey.IsGiven(hashKey))
                return false;
        }

        return true;
    }
}
