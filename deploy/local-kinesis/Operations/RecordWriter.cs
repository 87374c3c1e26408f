using Orleans.Kpl.LocalKinesis.Faults.Switchboard;
using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Applies the records of one call, each to the shard that is open for its hash key at that moment.</summary>
internal readonly struct RecordWriter(KinesisStream stream, OperationCall call)
{
    private readonly long _arrivalTicks = call.NowTicks + stream.Settings.Jitter.NextTicks();

    /// <summary>Puts are taken by every stream that has shards; one in CREATING is not known yet.</summary>
    public static void RequireShards(KinesisStream stream)
    {
        if (stream.Map.Shards.IsEmpty) throw KinesisErrors.ResourceNotFound(stream.Name);
    }

    /// <summary>Applies one record and says what its producer is told.</summary>
    public PutResult Put(PutEntry entry)
    {
        if (call.Faults is { } faults) return Put(entry, faults);
        var (verdict, shard, number) = Apply(entry);
        return verdict == PutVerdict.Applied ? new(shard, number, null, null) : Throttled(shard);
    }

    private PutResult Put(PutEntry entry, FaultedCall faults)
    {
        entry.Marks |= faults.Marks;
        var meant = stream.Map.Find(entry.Hash);
        var fault = faults.DrawRecord(stream.Name, meant.Id);
        if (fault is { AppliesRecord: false }) return new(meant, default, fault.ErrorCode, fault.Message(meant.Id, stream.Name));
        if (fault is not null) entry.Marks |= RecordMarks.ToldFailed;
        var (verdict, shard, number) = Apply(entry);
        if (verdict != PutVerdict.Applied) return Throttled(shard);
        if (fault is not null) return new(shard, default, fault.ErrorCode, fault.Message(shard.Id, stream.Name));
        return new(shard, faults.FallingSequenceNumbers ? shard.StartingSequenceNumber : number, null, null);
    }

    private (PutVerdict Verdict, Shard Shard, SequenceNumber Number) Apply(in PutEntry entry)
    {
        var map = stream.Map;
        while (true)
        {
            var shard = map.Find(entry.Hash);
            var verdict = shard.TryApply(entry, call.NowTicks, _arrivalTicks, out var number);
            if (verdict is PutVerdict.Applied) return (verdict, shard, number);
            if (verdict is PutVerdict.Throttled)
            {
                if (stream.Mode == StreamMode.OnDemand) Reshard.SplitThrottled(stream, shard, call.NowTicks);
                return (verdict, shard, number);
            }
            if (verdict is PutVerdict.CutOverDue) stream.CutOverNow(shard, call.NowTicks);
            if (stream.Status == StreamStatus.Deleted) throw KinesisErrors.ResourceNotFound(stream.Name);
            map = stream.AwaitMap();
        }
    }

    private PutResult Throttled(Shard shard) =>
        new(shard, default, "ProvisionedThroughputExceededException", KinesisErrors.RateExceeded(shard.Id, stream.Name));
}

/// <summary>The answer to the producer of a record: shard and number, or an error.</summary>
internal readonly record struct PutResult(Shard Shard, SequenceNumber Number, string? ErrorCode, string? ErrorMessage);
