using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>
/// The records of one batch, prepared together: keys as UTF-8, hash keys, and later their shards. Instances are reused, so that a steady flow
/// hardly allocates.
/// </summary>
internal sealed class PreparedBatch
{
    /// <summary>The maximum number of records; longer batches are accepted in several parts.</summary>
    public const int MaxRecords = 1_024;

    private readonly int[] _ends = new int[MaxRecords];
    private readonly BatchSlot[] _slots = new BatchSlot[MaxRecords];
    private readonly ReadOnlyMemory<byte>[] _data = new ReadOnlyMemory<byte>[MaxRecords];
    private readonly UInt128[] _hashes = new UInt128[MaxRecords];
    private byte[] _keys = new byte[MaxRecords * 48];
    private ReadOnlyMemory<UserRecord> _records;
    private BatchOrigin? _origin;
    private int _firstIndex;
    private bool _hasExplicit;

    /// <summary>How many records are valid.</summary>
    public int Count { get; private set; }

    /// <summary>Receives the outcomes of the records; set when they are accepted.</summary>
    public OutcomeSink Sink { get; set; } = null!;

    /// <summary>The memory that the valid records are charged.</summary>
    public long Charge { get; private set; }

    public ShardSorter Sorter { get; } = new(MaxRecords);

    /// <summary>Whether <see cref="Hashes"/> has that of every record, and not of those alone that have an explicit one.</summary>
    public bool HasHashes { get; private set; }

    public ReadOnlySpan<UInt128> Hashes => _hashes.AsSpan(0, Count);

    /// <summary>Reads the records. Invalid ones get their outcome in the batch immediately.</summary>
    /// <param name="records">At most <see cref="MaxRecords"/>.</param>
    /// <param name="firstIndex">The index of the first one in the whole batch.</param>
    /// <param name="hashesKeys">False where nothing is routed here; only explicit hash keys are then read.</param>
    public void Read(ReadOnlyMemory<UserRecord> records, int firstIndex, long maxRecordBytes, IBatchOutcomes batch, bool hashesKeys)
    {
        Begin(records, firstIndex, null);
        var (used, isRead, throws) = (0, maxRecordBytes != RecordValidator.NoLimit, !batch.HasAccepted);
        var span = records.Span;
        for (var i = 0; i < span.Length; i++)
        {
            ref readonly var record = ref span[i];
            if (PartitionKeyRule.IsFit(record.PartitionKey))
            {
                if (_keys.Length - used < RecordValidator.MaxPartitionKeyBytes)
                    Array.Resize(ref _keys, _keys.Length * 2);
                var keyBytes = Encoding.UTF8.GetBytes(record.PartitionKey, _keys.AsSpan(used));
                if (RecordValidator.FitsSize(keyBytes, record.Data.Length, maxRecordBytes))
                {
                    if (RecordStage.Keep(record.Data, isRead, throws, out var data) is not { } gone)
                        Take(new BatchSlot(i, record.ExplicitHashKey.HasValue), data, keyBytes, used += keyBytes);
                    else
                        batch.End(firstIndex + i, new Refusal(gone.GetType().Name, gone.Message).For(record));
                    continue;
                }
            }

            var reason = RecordValidator.Explain(record, maxRecordBytes);
            batch.End(firstIndex + i, RecordResult.NotDelivered(RecordStatus.Failed, reason.Code, reason.Message, record));
        }

        FindHashes(hashesKeys);
    }

    /// <summary>Begins with records in packed form: each that is valid is <see cref="Add">added</see> with its partition key.</summary>
    public void Begin(int firstIndex, BatchOrigin origin) => Begin(default, firstIndex, origin);

    /// <summary>Adds one of the packed records.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlyMemory<byte> data, in BatchSlot slot, UInt128 hashKey)
    {
        var used = Count == 0 ? 0 : _ends[Count - 1];
        if (_keys.Length - used < key.Length)
            Array.Resize(ref _keys, Math.Max(_keys.Length * 2, used + key.Length));
        key.CopyTo(_keys.AsSpan(used));
        _hashes[Count] = hashKey;
        Take(slot, data, key.Length, used + key.Length);
    }

    /// <summary>Finds the hash keys of all records; without hashing only those of records that have an explicit one.</summary>
    public void FindHashes(bool hashesKeys)
    {
        if ((HasHashes = hashesKeys) && Count > 0)
            Md5Lanes.HashKeys(_keys.AsSpan(0, _ends[Count - 1]), _ends.AsSpan(0, Count), _hashes.AsSpan(0, Count));
        for (var pick = 0; _hasExplicit && pick < Count; pick++)
        {
            if (IsExplicit(pick))
                _hashes[pick] = _origin?.HashKeyOf(_slots[pick].Index) ?? _records.Span[_slots[pick].Index].ExplicitHashKey!.Value;
        }
    }

    /// <summary>Whether a record has an explicit hash key.</summary>
    public bool IsExplicit(int pick) => _slots[pick].IsExplicit;

    /// <summary>Gives a record an explicit hash key.</summary>
    public void GiveHashKey(int pick, UInt128 hashKey) => (_hashes[pick], _slots[pick]) = (hashKey, _slots[pick] with { IsExplicit = true });

    /// <summary>Returns one record in the form that its aggregate takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public IncomingRecord Record(int pick)
    {
        ref readonly var slot = ref _slots[pick];
        var start = pick == 0 ? 0 : _ends[pick - 1];
        return new IncomingRecord
        {
            PartitionKey = _keys.AsSpan(start, _ends[pick] - start),
            HashKey = _hashes[pick],
            HasExplicitHashKey = slot.IsExplicit,
            Data = _data[pick].Span,
            Member = new MemberRef(Sink, _firstIndex + slot.Index),
            Number = HasNumbers ? _origin!.NumberOf(slot.Index) : null,
        };
    }

    /// <summary>Whether the records keep the producer numbers that they came with.</summary>
    public bool HasNumbers { get; set; }

    /// <summary>Moves the valid records with such hash keys to another batch, which holds nothing. Neither swaps any of its records.</summary>
    public void MoveTo(PreparedBatch other, Predicate<UInt128> isMeant)
    {
        other.Begin(_records, _firstIndex, _origin);
        (other.HasNumbers, other.HasHashes) = (HasNumbers, HasHashes);
        var (count, start) = (Count, 0);
        (Count, Charge) = (0, 0);
        for (var pick = 0; pick < count; pick++)
        {
            var (end, slot, hashKey, data) = (_ends[pick], _slots[pick], _hashes[pick], _data[pick]);
            _data[pick] = default;
            (isMeant(hashKey) ? other : this).Add(_keys.AsSpan(start, end - start), data, slot, hashKey);
            start = end;
        }
    }

    /// <summary>Sets the result of every valid record: it was refused, or its caller asked only for acceptance.</summary>
    /// <param name="refused">Why none was accepted; null where they were.</param>
    public void EndAll(IBatchOutcomes batch, Refusal? refused)
    {
        foreach (ref readonly var slot in _slots.AsSpan(0, Count))
            batch.End(_firstIndex + slot.Index, refused?.For(_origin?.Original(slot.Index) ?? _records.Span[slot.Index]) ?? AcceptedOutcome.Result);
    }

    /// <summary>Releases the caller's memory.</summary>
    public void Clear() => Begin(default, 0, null);

    private void Begin(ReadOnlyMemory<UserRecord> records, int firstIndex, BatchOrigin? origin)
    {
        _data.AsSpan(0, Count).Clear();
        (_records, _firstIndex, _origin, Sink) = (records, firstIndex, origin, null!);
        (Count, Charge, HasNumbers, _hasExplicit) = (0, 0, false, false);
    }

    private void Take(in BatchSlot slot, ReadOnlyMemory<byte> data, int keyBytes, int end)
    {
        (_slots[Count], _data[Count], _ends[Count++]) = (slot, data, end);
        _hasExplicit |= slot.IsExplicit;
        Charge += RecordValidator.Charge(keyBytes, slot.IsExplicit, data.Length);
    }
}

/// <summary>The origin of a batch's records, and their form; none for records that a caller in this process passes.</summary>
internal abstract class BatchOrigin
{
    /// <summary>Returns the producer number that a record came with; null for none.</summary>
    public abstract ProducerNumber? NumberOf(int index);

    /// <summary>Returns a record as its caller put it.</summary>
    public abstract UserRecord Original(int index);

    /// <summary>Returns the explicit hash key of a record that has one.</summary>
    public abstract UInt128 HashKeyOf(int index);
}

/// <summary>A valid record: its index among those that were read, and whether its hash key is explicit.</summary>
internal readonly record struct BatchSlot(int Index, bool IsExplicit);

/// <summary>Keeps a few prepared batches for reuse. The last one that came back is used next: it is still in the processor's caches.</summary>
internal sealed class BatchPool
{
    private const int MaxKept = 64;

    private readonly ConcurrentStack<PreparedBatch> _kept = [];

    public PreparedBatch Rent() => _kept.TryPop(out var batch) ? batch : new PreparedBatch();

    /// <summary>Empties a batch and takes it back.</summary>
    public void Return(PreparedBatch batch)
    {
        batch.Clear();
        if (_kept.Count < MaxKept)
            _kept.Push(batch);
    }
}

/// <summary>An accepted record on its way into an aggregate. Only the bytes that the aggregate copies are kept.</summary>
internal readonly ref struct IncomingRecord
{
    /// <summary>The partition key as UTF-8.</summary>
    public required ReadOnlySpan<byte> PartitionKey { get; init; }

    /// <summary>The explicit hash key where there is one, else the MD5 of the partition key.</summary>
    public required UInt128 HashKey { get; init; }

    public required bool HasExplicitHashKey { get; init; }

    public required ReadOnlySpan<byte> Data { get; init; }

    public required MemberRef Member { get; init; }

    /// <summary>Its earlier attempts; null for a new record.</summary>
    public AttemptChain? History { get; init; }

    /// <summary>The producer number that it has already; null where it gets one with its place in an aggregate, or none.</summary>
    public ProducerNumber? Number { get; init; }

    /// <summary>Whether it has already lingered. Its aggregate is sent as soon as the shard's tokens allow.</summary>
    public bool IsDueAtOnce { get; init; }
}
