using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Packed records on their way to another process, and what is kept of them until each has its outcome: to send them again, and to return a failed one to
/// its caller. The bytes are charged already to the memory limit under which the records were accepted.
/// </summary>
internal abstract class OutgoingBatch(BatchContent content)
{
    private readonly BatchContent _content = content;
    private readonly bool[] _ended = new bool[content.Members.Length];
    private PackedRecords _packed;
    private PackedPosition[]? _positions;
    private bool _areReturned;

    /// <summary>The records as they are sent, <see cref="PackedRecords"/>, in an array that may be longer where it came from the pool.</summary>
    public byte[] Bytes => _content.Bytes;

    /// <summary>The bytes that the records take of it.</summary>
    public int Length => _content.Length;

    /// <summary>Whether the bytes do not go back to the pool: they are not from there, or somebody may read them after the last outcome.</summary>
    public bool KeepsBytes { get; set; } = !content.ArePooled;

    public int Count => _content.Members.Length;

    /// <summary>The number of its first record, once it is sent; the others follow.</summary>
    public long First { get; set; }

    /// <summary>The number after that of its last record.</summary>
    public long End => First + Count;

    /// <summary>The number of records without an outcome.</summary>
    public int Open { get; private set; } = content.Members.Length;

    /// <summary>Whether each of its records has its outcome, or has come back.</summary>
    public bool HasEnded => Open == 0;

    protected ReadOnlySpan<BatchMember> Members => _content.Members;

    /// <summary>Whether a record has neither its outcome nor come back.</summary>
    public bool IsOpen(int index) => !_ended[index];

    public OutcomeSink SinkOf(int index) => _content.Members[index].Sink;

    /// <summary>Marks a record as complete. False when there is no such record, or it was complete before: outcomes may arrive twice.</summary>
    public bool TryEnd(long index)
    {
        if ((ulong)index >= (ulong)_ended.Length || _ended[index])
            return false;
        _ended[index] = true;
        Open--;
        OnEnded((int)index);
        return true;
    }

    /// <summary>Gives all records without an outcome the same outcome.</summary>
    public void EndAll(List<ForwardedOutcome> ends, RecordStatus status, string code, string message)
    {
        var result = RecordResult.NotDelivered(status, code, message, null);
        for (var index = 0; index < Count; index++)
        {
            if (TryEnd(index))
                ends.Add(OutcomeOf(index, result));
        }
    }

    /// <summary>Returns the outcome of a record, with its attempts before it was sent and, if it failed, the record itself.</summary>
    public ForwardedOutcome OutcomeOf(int index, RecordResult result)
    {
        if (EarlierOf(index).History is { } history)
            result = result.WithEarlier(AttemptChain.ToArray(history));
        return result.IsSuccess ? EndOf(index, result, null) : EndOf(index, result.WithRecord(RecordAt(index)), NumberAt(index));
    }

    /// <summary>Returns a record as its caller gave it.</summary>
    public UserRecord RecordAt(int index)
    {
        _ = PackedAt(index);
        return _packed.ToUserRecord(_positions![index]);
    }

    /// <summary>Returns the producer number that a record carries; null where it has none.</summary>
    public ProducerNumber? NumberAt(int index)
    {
        _ = PackedAt(index);
        return _packed.NumberOf(_positions![index]) is { } number ? number.Unpacked : null;
    }

    /// <summary>Returns the records' traces, as <see cref="TraceRuns"/> writes them; null where none is traced.</summary>
    public byte[]? Traces() => TraceRuns.Write(_content.Members, Count, static (m, index) => m[index].Sink.ActivityOf(m[index].Index));

    /// <summary>Gives pooled bytes back, unless <see cref="KeepsBytes"/>. They must not be read afterwards.</summary>
    protected void ReturnBytes()
    {
        if (KeepsBytes || _areReturned)
            return;
        _areReturned = true;
        BufferPool.Return(Bytes);
    }

    /// <summary>Returns a record as it is packed.</summary>
    protected PackedRecord PackedAt(int index)
    {
        // Its caller gets the data where they are.
        KeepsBytes = true;
        // Parsed once: a batch may fail as a whole, or come back.
        _positions ??= (_packed = PackedRecords.Parse(Bytes.AsMemory(0, Length))).Positions();
        return new PackedRecord(_packed, _positions[index]);
    }

    /// <summary>Returns a record of the batch as it came in, with its way until now.</summary>
    protected IncomingRecord IncomingAt(int index, PackedRecord record, UInt128 hashKey)
    {
        var earlier = EarlierOf(index);
        return new IncomingRecord
        {
            PartitionKey = record.Key,
            HashKey = hashKey,
            HasExplicitHashKey = record.IsExplicit,
            Data = record.Data.Span,
            Member = Members[index].Member,
            History = earlier.History,
            IsDueAtOnce = earlier.IsDueAtOnce,
            Number = record.Number is { } number ? number.Unpacked : null,
        };
    }

    /// <summary>Called when a record is complete, or comes back.</summary>
    protected virtual void OnEnded(int index)
    {
    }

    protected EarlierTries EarlierOf(int index) => _content.Earlier is { } earlier ? earlier[index] : default;

    protected ForwardedOutcome EndOf(int index, in RecordResult result, ProducerNumber? number) =>
        new(_content.Members[index].Member, _content.Members[index].Charge, result, number);
}

/// <summary>Records that were packed, and their members.</summary>
/// <param name="Length">The bytes that the records take.</param>
/// <param name="ArePooled">Whether they are in an array of <see cref="BufferPool"/>.</param>
/// <param name="Earlier">What is known of each one's way until now; null where all are new.</param>
internal readonly record struct BatchContent(byte[] Bytes, int Length, bool ArePooled, BatchMember[] Members, EarlierTries[]? Earlier);

/// <summary>The part of a packed record that is kept until its outcome is known. Small, since there are many.</summary>
/// <param name="Charge">The bytes that it is charged against the memory limit.</param>
internal readonly record struct BatchMember(OutcomeSink Sink, int Index, int Charge)
{
    public MemberRef Member => new(Sink, Index);
}

/// <summary>A record's way until it was packed.</summary>
/// <param name="History">Its attempts; null for none.</param>
/// <param name="IsDueAtOnce">Whether it has lingered.</param>
internal readonly record struct EarlierTries(AttemptChain? History, bool IsDueAtOnce);

/// <summary>Packs records as they arrive, until a batch is full: at most 64 KB, or one record.</summary>
/// <param name="isPooled">Whether the bytes come from <see cref="BufferPool"/>; else from an array that has their length.</param>
internal sealed class BatchBuilder(bool isPooled = false)
{
    private readonly PackedRecordsWriter _writer = new();
    private readonly BatchMember[] _members = new BatchMember[PreparedBatch.MaxRecords];
    private EarlierTries[]? _earlier;
    private int _count;

    /// <summary>Adds a record. False when the batch is full: the caller must take it first.</summary>
    /// <param name="hash">The hash key that is sent along; null for none.</param>
    /// <param name="number">Its producer number; null where it has none, or where the owner gives it one.</param>
    public bool TryAdd(in IncomingRecord record, UInt128? hash, ProducerNumber? number = null)
    {
        if (_count == _members.Length || !_writer.TryAdd(record.PartitionKey, record.Data, hash, record.HasExplicitHashKey, number?.Packed))
            return false;
        if (record.History is not null || record.IsDueAtOnce)
            (_earlier ??= new EarlierTries[_members.Length])[_count] = new EarlierTries(record.History, record.IsDueAtOnce);
        var charge = RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        _members[_count++] = new BatchMember(record.Member.Sink, record.Member.Index, (int)charge);
        return true;
    }

    /// <summary>Returns what was packed so far, and empties the builder.</summary>
    public BatchContent Take()
    {
        var length = _writer.Bytes;
        var bytes = isPooled ? BufferPool.RentTight(length) : GC.AllocateUninitializedArray<byte>(length);
        _writer.CopyTo(bytes);
        var content = new BatchContent(bytes, length, isPooled, _members.AsSpan(0, _count).ToArray(), _earlier?.AsSpan(0, _count).ToArray());
        _members.AsSpan(0, _count).Clear();
        _writer.Reset();
        (_count, _earlier) = (0, null);
        return content;
    }
}
