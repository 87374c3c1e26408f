using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Pipeline;

/// <summary>The aggregate that a shard's records join, with what is remembered of its members. Guarded by its engine's lock.</summary>
internal sealed class OpenAggregate(AggregationLimits limits, ContainerKey containerKey, bool alwaysWrap = false, ProducerNumber? firstNumber = null)
{
    /// <summary>About what its fields take.</summary>
    public const int OwnBytes = 192;

    private readonly AggregateBuilder _builder = new(limits, alwaysWrap, containerKey);
    private RecordStage _stage;
    private Member[] _members = [];
    private AttemptChain?[]? _histories;
    private long _charge;
    private long _dataBytes;
    private int _firstKeyLength;

    // On an ordered stream: of the next member.
    private ProducerNumber? _number = firstNumber;

    // What may be staged without asking the builder: bytes, and records.
    private long _bytesLeft = firstNumber is null && !alwaysWrap ? limits.MaxSize - AggregateFormat.FrameSize : -1;
    private long _recordsLeft = limits.MaxCount;

    public AggregationLimits Limits => limits;

    public bool IsEmpty => Count == 0;

    /// <summary>It has reached one of its limits.</summary>
    public bool IsFull { get; private set; }

    /// <summary>User records in it.</summary>
    public int Count { get; private set; }

    /// <summary>What it would cost the shard were it sent now.</summary>
    public int Size
    {
        get
        {
            Unstage();
            return _builder.Size + (Count == 1 && !alwaysWrap ? _firstKeyLength : 1);
        }
    }

    /// <summary>When it must leave; <see cref="long.MaxValue"/> while it is empty.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    public long ExpiresAt { get; private set; } = long.MaxValue;

    public long OldestAcceptedAt { get; private set; } = long.MaxValue;

    /// <summary>Takes the record unless the aggregate would outgrow its limits; an empty one takes any.</summary>
    public bool TryAdd(in IncomingRecord record, long deadline)
    {
        if (!TryStage(record) && !TryBuild(record))
            return false;
        Note(record, deadline);
        return true;
    }

    /// <summary>The same for one that has its producer number already.</summary>
    public bool TryAdd(in IncomingRecord record, ProducerNumber number, long deadline)
    {
        Unstage();
        var follows = Count > 0 && number == _number;
        if (!(follows
            ? _builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data)
            : _builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data, number)))
            return false;
        _number = number.Next;
        IsFull = _builder.IsFull;
        Note(record, deadline);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Note(in IncomingRecord record, long deadline)
    {
        var place = Count++;
        if (place == 0)
            _firstKeyLength = record.PartitionKey.Length;
        if (place == _members.Length)
            Grow();
        _members[place] = record.Member;
        if (record.History is not null || _histories is not null)
            Remember(place, record.History);

        var sink = record.Member.Sink;
        Deadline = Math.Min(Deadline, deadline);
        ExpiresAt = Math.Min(ExpiresAt, sink.ExpiresAt);
        OldestAcceptedAt = Math.Min(OldestAcceptedAt, sink.AcceptedAt);
        _charge += RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        _dataBytes += record.Data.Length;
    }

    /// <summary>A record joins soon: where it goes is asked for. Not under the lock, so that what is read may be out of date.</summary>
    public void Soon()
    {
        _stage.Soon();
        var (members, place) = (_members, Count);
        if (place < members.Length)
            CacheHint.Soon(ref Unsafe.As<Member, byte>(ref members[place]), 1);
    }

    /// <summary>Its records need not wait for company any more.</summary>
    public void MakeDue(long now) => Deadline = IsEmpty ? Deadline : Math.Min(Deadline, now);

    /// <summary>Hands everything over; what is left is empty.</summary>
    public KinesisRecord Close(ShardEngine engine)
    {
        Unstage();
        _stage.Release();
        var record = new KinesisRecord(engine, _builder.Close(), _members, _histories)
        {
            Charge = _charge,
            DataBytes = _dataBytes,
            OldestAcceptedAt = OldestAcceptedAt,
            ExpiresAt = ExpiresAt,
            Deadline = Deadline,
        };
        _number = _number is { } first ? first with { Number = first.Number + Count } : null;
        _members = [];
        _histories = null;
        _charge = _dataBytes = 0;
        Count = 0;
        IsFull = false;
        SetRoom();
        Deadline = ExpiresAt = OldestAcceptedAt = long.MaxValue;
        return record;
    }

    /// <summary>
    /// True when the record may wait outside the builder: there is room for it and all that waits, whatever keys they share, and it is not
    /// the last one that there is room for.
    /// </summary>
    private bool TryStage(in IncomingRecord record)
    {
        if (record.Data.Length > RecordStage.LargestRecord || _recordsLeft <= 1)
            return false;
        var most = RecordStage.MostBytesOf(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        if (most > _bytesLeft || !_stage.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data))
            return false;
        _bytesLeft -= most;
        _recordsLeft--;
        return true;
    }

    private bool TryBuild(in IncomingRecord record)
    {
        Unstage();
        // The members of an aggregate count on from its first one's number.
        if (!(Count == 0 && _number is { } number
            ? _builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data, number)
            : _builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data)))
            return false;
        IsFull = _builder.IsFull;
        SetRoom();
        return true;
    }

    private void Unstage()
    {
        if (_stage.Count == 0)
            return;
        _stage.MoveTo(_builder);
        IsFull = _builder.IsFull;
        SetRoom();
    }

    private void SetRoom()
    {
        // An aggregate of two is the first that is wrapped: after one that went to the builder the second one goes there, too. So does the
        // first of an ordered stream, for its number.
        _bytesLeft = _builder.Count >= 2 ? limits.MaxSize - _builder.Size
            : _builder.IsEmpty && !alwaysWrap && _number is null ? limits.MaxSize - AggregateFormat.FrameSize : -1;
        _recordsLeft = limits.MaxCount - _builder.Count;
    }

    private void Grow()
    {
        var larger = KinesisRecord.MemberPool.Rent(Math.Max(64, _members.Length * 2));
        _members.CopyTo(larger, 0);
        if (_members.Length > 0)
            KinesisRecord.MemberPool.Return(_members, clearArray: true);
        _members = larger;
    }

    private void Remember(int place, AttemptChain? history)
    {
        if (_histories is null || place >= _histories.Length)
            Array.Resize(ref _histories, Math.Max(16, place * 2));
        _histories[place] = history;
    }
}
