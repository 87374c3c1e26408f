using System.Buffers;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>A closed Kinesis record on its way: the encoded bytes, and for each member where its end goes.</summary>
internal sealed class KinesisRecord
{
    /// <summary>Keeps what a thousand shards that close at the same instant give back; the shared pool would let most of it go.</summary>
    public static readonly ArrayPool<MemberRef> MemberPool = ArrayPool<MemberRef>.Create(maxArrayLength: 1 << 20, maxArraysPerBucket: 16_384);

    private MemberRef[]? _members;

    public KinesisRecord(ShardEngine engine, EncodedRecord encoded, MemberRef[] members, SharedOutcome end, AttemptChain?[]? histories)
    {
        Engine = engine;
        Encoded = encoded;
        _members = members;
        End = end;
        Histories = histories;
    }

    /// <summary>The engine of the shard it was predicted for.</summary>
    public ShardEngine Engine { get; }

    public EncodedRecord Encoded { get; private set; }

    public ReadOnlySpan<MemberRef> Members => _members.AsSpan(0, Encoded.Count);

    /// <summary>What its members share of their end, which some of their sinks have already: see <see cref="OutcomeSink.PresetResult"/>.</summary>
    public SharedOutcome End { get; }

    private AttemptChain?[]? Histories { get; }

    /// <summary>Tries of one member before it joined this Kinesis record.</summary>
    public AttemptChain? HistoryOf(int member) => Histories is { } histories && member < histories.Length ? histories[member] : null;

    /// <summary>All tries of one member.</summary>
    public AttemptChain? AttemptsOf(int member) => AttemptChain.Join(HistoryOf(member), Attempts);

    /// <summary>Tries of the member that has gone through most.</summary>
    public int MostAttempts => (Attempts?.Count ?? 0) + (Histories?.Max(static h => h?.Count ?? 0) ?? 0);

    /// <summary>Tries of this Kinesis record.</summary>
    public AttemptChain? Attempts { get; set; }

    /// <summary>What its members hold of the room.</summary>
    public required long Charge { get; init; }

    /// <summary>Bytes of data of its members.</summary>
    public required long DataBytes { get; init; }

    /// <summary>When the oldest member was accepted.</summary>
    public required long OldestAcceptedAt { get; init; }

    /// <summary>When the first member expires.</summary>
    public required long ExpiresAt { get; init; }

    /// <summary>The time-to-live of every member has ended.</summary>
    public bool IsExpired(long now)
    {
        foreach (var member in Members)
        {
            if (member.Sink.ExpiresAt > now)
                return false;
        }

        return true;
    }

    /// <summary>When it must leave the collector.</summary>
    public long Deadline { get; set; }

    /// <summary>After a failed try: when it may try again.</summary>
    public long NotBefore { get; set; }

    /// <summary>What a shard's bytes-per-second limit charges: payload and partition key.</summary>
    public int Size => Encoded.Length + Encoded.PartitionKey.Length;

    /// <summary>It will wait for another try: hardly more memory is held than it needs. Only for whoever has the record in hand.</summary>
    public void HoldIn(SharedBuffers buffers) => Encoded = buffers.Hold(Encoded);

    /// <summary>Gives the memory back. Nobody reads the record afterwards.</summary>
    public void Release()
    {
        if (ReleaseMembers())
            Encoded.Release();
    }

    /// <summary>Gives back the members, but not the encoded bytes, which have another owner now; false when it was released before.</summary>
    public bool ReleaseMembers()
    {
        if (Interlocked.Exchange(ref _members, null) is not { } members)
            return false;
        MemberPool.Return(members, clearArray: true);
        Engine.Ended(this);
        return true;
    }
}
