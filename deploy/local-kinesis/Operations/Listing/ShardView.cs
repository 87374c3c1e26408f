using System.Globalization;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>A stream's shards as listings show them: late by the lag, and without those whose records have all expired.</summary>
internal readonly struct ShardView
{
    private readonly long _at;

    public ShardView(KinesisStream stream, OperationCall call)
    {
        var nowTicks = call.NowTicks;
        var lag = stream.Settings.Reshards.ListShardsLag;
        if (call.Faults?.ListingLag > lag) lag = call.Faults.ListingLag;
        // Shards of a stream younger than the lag are shown from their first moment.
        var firstTicks = stream.Shards.Count == 0 ? nowTicks : stream.Shards[0].OpenedAtTicks;
        var at = _at = Math.Max(firstTicks, nowTicks - lag.Ticks);
        HorizonTicks = Math.Max(firstTicks, nowTicks - stream.RetentionHours * TimeSpan.TicksPerHour);
        var horizon = HorizonTicks;
        Shards = [.. stream.Shards.Where(shard => shard.OpenedAtTicks <= at && shard.ClosedAtTicks >= horizon)];
    }

    public IReadOnlyList<Shard> Shards { get; }

    /// <summary>The oldest instant that retention still covers.</summary>
    public long HorizonTicks { get; }

    public bool IsOpen(Shard shard) => shard.ClosedAtTicks > _at;

    public void Write(AnswerWriter answer, Shard shard)
    {
        answer.StartObject();
        answer.Field("ShardId"u8, shard.Id);
        if (shard.Parent is { } parent) answer.Field("ParentShardId"u8, parent.Id);
        if (shard.AdjacentParent is { } adjacent) answer.Field("AdjacentParentShardId"u8, adjacent.Id);
        answer.Name("HashKeyRange"u8);
        answer.StartObject();
        answer.Field("StartingHashKey"u8, shard.Range.Start.ToString(CultureInfo.InvariantCulture));
        answer.Field("EndingHashKey"u8, shard.Range.End.ToString(CultureInfo.InvariantCulture));
        answer.EndObject();
        answer.Name("SequenceNumberRange"u8);
        answer.StartObject();
        answer.Field("StartingSequenceNumber"u8, shard.StartingSequenceNumber.ToString());
        if (!IsOpen(shard)) answer.Field("EndingSequenceNumber"u8, $"{shard.EndingSequenceNumber}");
        answer.EndObject();
        answer.EndObject();
    }
}
