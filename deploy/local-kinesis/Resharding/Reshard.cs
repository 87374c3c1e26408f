using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Resharding;

/// <summary>What every change of a stream's shards has in common: who may start one, and its way from UPDATING to ACTIVE.</summary>
internal static class Reshard
{
    /// <summary>One cut-over: open parents and the ranges that take their place.</summary>
    public readonly record struct Step(Func<Shard[]> Parents, HashKeyRange[] Ranges);

    public static void Require(KinesisStream stream)
    {
        if (stream.Status != StreamStatus.Active) throw KinesisErrors.NotActive(stream.Name, stream.Status);
    }

    public static void RequireProvisioned(KinesisStream stream, string operation)
    {
        if (stream.Mode == StreamMode.OnDemand)
            throw KinesisErrors.Validation($"{operation} is not supported for the stream {stream.Name}: its mode is ON_DEMAND");
    }

    public static Shard OpenShard(KinesisStream stream, string shardId)
    {
        var shard = stream.FindShard(shardId) ?? throw KinesisErrors.ShardNotFound(shardId, stream.Name);
        return shard.IsOpen
            ? shard
            : throw KinesisErrors.InvalidArgument(
                $"Shard {shardId} in stream {stream.Name} under account {KinesisErrors.Account} has already been merged or split, " +
                "and thus is not eligible for merging or splitting.");
    }

    /// <summary>
    /// Puts the stream in UPDATING, cuts over step by step, and makes it ACTIVE again. The first step comes by time or by the number
    /// of records its parent takes, whichever is first; the others follow it by time.
    /// </summary>
    public static void Start(KinesisStream stream, IReadOnlyList<Step> steps)
    {
        var timing = stream.Settings.Reshards;
        var now = stream.Settings.Clock.NowTicks;
        stream.SetStatus(StreamStatus.Updating);
        if (steps.Count == 0)
        {
            stream.Schedule(now + timing.UpdatingTime.Ticks, _ => stream.BecomeActive());
            stream.Settle(now);
            return;
        }
        var started = false;
        var parents = steps[0].Parents();
        if (timing.CutOverAfterRecords is { } records) parents[0].CutOverAfter(records, Begin);
        stream.Schedule(now + timing.CutOverDelay.Ticks, Begin);
        stream.Settle(now);

        void Begin(long at)
        {
            if (started) return;
            started = true;
            parents[0].TakeCutOver();
            foreach (var step in steps)
            {
                stream.Schedule(at, instant => stream.CutOver(instant, step.Parents(), step.Ranges));
                at += timing.CutOverSpacing.Ticks;
            }
            stream.Schedule(at - timing.CutOverSpacing.Ticks + timing.UpdatingTime.Ticks, _ => stream.BecomeActive());
            stream.Settle(stream.Settings.Clock.NowTicks);
        }
    }
}
