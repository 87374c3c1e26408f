using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis.Resharding;

/// <summary>What the service does for an on-demand stream: a shard that is throttled for a while is split in the middle.</summary>
internal static class OnDemandScaling
{
    public static void Consider(KinesisStream stream, Shard shard, long nowTicks)
    {
        if (nowTicks - shard.ThrottledSinceTicks < stream.Settings.Options.OnDemandSplitAfter.Ticks) return;
        lock (stream.Gate)
        {
            if (stream.Status != StreamStatus.Active || !shard.IsOpen || shard.Range.End - shard.Range.Start < 4) return;
            var middle = shard.Range.Start + (shard.Range.End - shard.Range.Start) / 2 + 1;
            Reshard.Start(stream, [new(() => [shard], [new(shard.Range.Start, middle - 1), new(middle, shard.Range.End)])]);
        }
    }
}
