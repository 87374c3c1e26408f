using Orleans.Kpl.Lanes.Accepting;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>Packed records on their way to a silo, and what the silo may have of them.</summary>
/// <remarks>The session that the message was handed to guards its outcomes; before that, no other object knows the message.</remarks>
internal sealed class OutgoingMessage(BatchContent content, long expiresAt) : OutgoingBatch(content)
{
    /// <summary>Whether the silo of its session has the message or may have it: it took it over, or did not answer.</summary>
    public bool MayBeTaken { get; set; }

    /// <summary>Whether a call that gives it to the silo is under way.</summary>
    public bool IsOffered { get; set; }

    /// <summary>Whether its records were aimed at the silo that it goes to.</summary>
    public bool IsAimed { get; set; }

    /// <summary>How often its records came back, because their shards were full.</summary>
    public int Returns { get; private init; }

    /// <summary>The first and last hash key of the shard for which it waits; null where the silo did not tell, or it does not wait.</summary>
    public (UInt128 First, UInt128 Last)? FullShard { get; set; }

    /// <summary>The bytes of its records' keys and data.</summary>
    public long DataBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var member in Members)
                bytes += member.Charge - RecordValidator.ChargePerRecord;
            return bytes;
        }
    }

    /// <summary>The time-to-live of its records, in ticks.</summary>
    public long Ttl => SinkOf(0).ExpiresAt - AcceptedAt;

    /// <summary>Whether its records must not spill: a silo that has no room for them may have some for others.</summary>
    public bool NeverSpills => SinkOf(0).Rider is LaneRider { NeverSpills: true };

    /// <summary>When the first of its records was accepted.</summary>
    public long AcceptedAt => SinkOf(0).AcceptedAt;

    /// <summary>When the time-to-live of its last record is over.</summary>
    public long ExpiresAt => expiresAt;

    /// <summary>Whether its records leave without linger: their caller asked for that, or a flush waits for them.</summary>
    public bool IsDueAtOnce => SinkOf(0).IsDueAtOnce;

    /// <summary>Returns what a silo is given of it under a session's id.</summary>
    /// <param name="takesBack">Whether single records may come back.</param>
    public ClientBatch ToBatch(Guid session, SiloId silo, long endedBefore, long now, bool takesBack)
    {
        // All its records were put with the same options.
        var (sink, asked) = (SinkOf(0), SinkOf(0).Rider as LaneRider);
        return new ClientBatch
        {
            Session = session,
            Silo = silo,
            FirstRecord = First,
            Records = Bytes.AsMemory(0, Length),
            EndedBefore = endedBefore,
            Traces = Traces(),
            TakesBack = takesBack,
            Options = new PutOptions
            {
                AckLevel = asked is { Persists: true } ? AckLevel.Persisted : AckLevel.Delivered,
                Immediate = IsDueAtOnce,
                Alone = sink.IsAlone,
                NeverSpills = asked is { NeverSpills: true },
                TimeToLive = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, expiresAt - now)),
            },
        };
    }

    /// <summary>Notes that the call which gives the message to the silo is over. Where it had no answer, its bytes may still be about to be sent.</summary>
    /// <remarks>A copy of the call that arrives after the answer does no harm, whatever its bytes are: the silo's session knows the number.</remarks>
    public void Answered(bool hasAnswer)
    {
        IsOffered = false;
        KeepsBytes |= !hasAnswer;
        ReturnIfOver();
    }

    /// <summary>Gives its bytes back to the pool once all its records were delivered, and no call with it is under way.</summary>
    public void ReturnIfOver()
    {
        if (HasEnded && !IsOffered)
            ReturnBytes();
    }

    /// <summary>
    /// Returns another message, of records of this one that came back. It begins with another one each time: a silo waits for the shard of the first.
    /// </summary>
    /// <param name="indexes">Their places.</param>
    /// <param name="fullShard">Their shard, where it is known.</param>
    public OutgoingMessage Of(IReadOnlyList<int> indexes, (UInt128 First, UInt128 Last)? fullShard)
    {
        var builder = new BatchBuilder();
        for (var i = 0; i < indexes.Count; i++)
        {
            var index = indexes[(i + indexes.Count / 2) % indexes.Count];
            var record = PackedAt(index);
            builder.TryAdd(IncomingAt(index, record, record.Hash ?? default), record.Hash);
        }

        return new OutgoingMessage(builder.Take(), expiresAt) { Returns = Returns + 1, FullShard = fullShard };
    }
}
