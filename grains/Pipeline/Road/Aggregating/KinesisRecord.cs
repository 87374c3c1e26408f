using System.Buffers;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>A closed Kinesis record to be sent: the encoded bytes, and for each member the sink of its outcome.</summary>
internal sealed class KinesisRecord
{
    /// <summary>
    /// Keeps the arrays that a thousand shards return when they close at the same instant; the shared pool would drop most of them.
    /// </summary>
    public static readonly ArrayPool<MemberRef> MemberPool = ArrayPool<MemberRef>.Create(maxArrayLength: 1 << 20, maxArraysPerBucket: 16_384);

    // Stands for the members of a record that has one: that one is in a field.
    private static readonly MemberRef[] One = new MemberRef[1];

    private readonly AttemptChain?[]? _histories;
    private MemberRef[]? _members;
    private MemberRef _only;

    /// <param name="members">The members, in an array of <see cref="MemberPool"/>; one of a single place stays the caller's.</param>
    public KinesisRecord(ShardEngine engine, EncodedRecord encoded, MemberRef[] members, SharedOutcome end, AttemptChain?[]? histories)
    {
        Engine = engine;
        Encoded = encoded;
        // The array is out of the caches, so its length is read only where it may be 1.
        (_members, _only) = encoded.Count == 1 && members.Length == 1 ? (One, members[0]) : (members, default);
        (End, _histories) = (end, histories);
    }

    /// <summary>The engine of the shard it was predicted for.</summary>
    public ShardEngine Engine { get; }

    public EncodedRecord Encoded { get; set; }

    public ReadOnlySpan<MemberRef> Members => _members == One ? new ReadOnlySpan<MemberRef>(in _only) : _members.AsSpan(0, Encoded.Count);

    /// <summary>Whether it is on its way to Kinesis, and so does not wait for its shard. Only for the component that currently has the record.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>Whether its members are being told their outcomes, or were: nobody may end it once more.</summary>
    public bool IsEnding { get; set; }

    /// <summary>The outcome that its members share. Some of their sinks have it already: see <see cref="OutcomeSink.PresetResult"/>.</summary>
    public SharedOutcome End { get; }

    /// <summary>The attempts of one member before it joined this Kinesis record.</summary>
    public AttemptChain? HistoryOf(int member) => _histories is { } histories && member < histories.Length ? histories[member] : null;

    /// <summary>All attempts of one member.</summary>
    public AttemptChain? AttemptsOf(int member) => AttemptChain.Join(HistoryOf(member), Attempts);

    /// <summary>The number of attempts that count, of the member that had the most.</summary>
    public int MostCounted => (Attempts?.Counted ?? 0) + (_histories?.Max(static h => h?.Counted ?? 0) ?? 0);

    /// <summary>How often a wrong shard took the member to which that happened most often.</summary>
    public int WrongShards => (Attempts?.WrongShards ?? 0) + (_histories?.Max(static h => h?.WrongShards ?? 0) ?? 0);

    /// <summary>The attempts of this Kinesis record.</summary>
    public AttemptChain? Attempts { get; set; }

    /// <summary>The bytes of the memory limit that its members hold.</summary>
    public required long Charge { get; init; }

    /// <summary>The data bytes of its members.</summary>
    public required long DataBytes { get; init; }

    /// <summary>When the oldest member was accepted.</summary>
    public required long OldestAcceptedAt { get; init; }

    /// <summary>When the first member expires.</summary>
    public required long ExpiresAt { get; init; }

    /// <summary>When it must leave the collector.</summary>
    public long Deadline { get; set; }

    /// <summary>When it may be sent again, after a failed attempt.</summary>
    public long NotBefore { get; set; }

    /// <summary>The bytes that a shard's bytes-per-second limit counts: payload and partition key.</summary>
    public int Size => Encoded.Length + Encoded.PartitionKey.Length;

    /// <summary>Returns the memory to the pools. The record must not be read afterwards.</summary>
    public void Release()
    {
        if (ReleaseMembers())
            Encoded.Release();
    }

    /// <summary>Returns the members, but not the encoded bytes, which something else holds now; false when the record was released before.</summary>
    public bool ReleaseMembers()
    {
        if (Interlocked.Exchange(ref _members, null) is not { } members)
            return false;
        if (members == One)
            _only = default;
        else
            MemberPool.Return(members, clearArray: true);
        Engine.Watch?.OnEnded(this);
        Engine.Policy.OnEnded(this);
        return true;
    }
}
