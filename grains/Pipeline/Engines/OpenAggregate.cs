using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Buffers;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>The aggregate that a shard's records join, with what is remembered of its members. Guarded by its engine's lock.</summary>
/// <remarks>
/// With a thousand shards each record finds it out of the caches. So what most records touch stands in its own fields, and the headers
/// of arrays are left alone.
/// </remarks>
internal sealed class OpenAggregate
{
    /// <summary>About what its fields take.</summary>
    private const int OwnBytes = 192;

    private readonly ContainerKey _containerKey;
    private readonly bool _alwaysWrap;
    private AggregateBuilder _builder;
    private RecordStage _stage;
    private MemberRef[] _members = [];

    // What its members will share of their end; there as soon as it has one.
    private SharedOutcome? _end;
    private int _memberRoom;

    // What the last aggregate had, the next one has room for at once.
    private int _memberHint;
    private AttemptChain?[]? _histories;
    private long _charge;
    private long _dataBytes;
    private int _firstKeyLength;

    // On an ordered stream: of the next member.
    private ProducerNumber? _number;

    // What may be staged without asking the builder: bytes, and records.
    private long _bytesLeft;
    private long _recordsLeft;

    public OpenAggregate(AggregationLimits limits, ContainerKey containerKey, bool alwaysWrap = false, ProducerNumber? firstNumber = null)
    {
        _containerKey = containerKey;
        _alwaysWrap = alwaysWrap;
        _number = firstNumber;
        Limits = limits;
        _builder = new AggregateBuilder(limits, alwaysWrap, containerKey);
        SetRoom();
    }

    public AggregationLimits Limits { get; private set; }

    /// <summary>Picks among the shard's records, see <see cref="ShardEngine.Load"/>.</summary>
    public LoadSampler Sampler;

    /// <summary>Whether its engine lets records <see cref="Join"/>.</summary>
    public bool Joins { private get; set; }

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
            return _builder.Size + (Count == 1 && !_alwaysWrap ? _firstKeyLength : 1);
        }
    }

    /// <summary>When it must leave; <see cref="long.MaxValue"/> while it is empty.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    public long ExpiresAt { get; private set; } = long.MaxValue;

    public long OldestAcceptedAt { get; private set; } = long.MaxValue;

    /// <summary>Takes the record unless the aggregate would outgrow its limits; an empty one takes any.</summary>
    public bool TryAdd(in IncomingRecord record, long deadline)
    {
        if (!TryTake(record) && !TryBuild(record))
            return false;
        Note(record, deadline);
        return true;
    }

    /// <summary>Lets a record join that has its producer number already; false when it does not fit.</summary>
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

    /// <summary>
    /// Takes in the first ones of some records of a batch, as long as they change nothing that its engine has to see to: it was open before
    /// them, leaves and expires no later for them, has room, and none of them is a sample. Returns how many.
    /// </summary>
    public int Join(PreparedBatch batch, ReadOnlySpan<int> picks, long deadline)
    {
        var sink = batch.Sink;
        if (!TakesJoiners(sink) || deadline < Deadline || sink.ExpiresAt < ExpiresAt || sink.AcceptedAt < OldestAcceptedAt)
            return 0;
        var joined = 0;
        for (; joined < picks.Length; joined++)
        {
            var record = batch.Record(picks[joined]);
            var bytes = record.PartitionKey.Length + record.Data.Length;
            if (!Sampler.IsFar(bytes) || !TryTake(record))
                break;
            Sampler.Pass(bytes);
            Put(record);
        }

        return joined;
    }

    /// <summary>Whether records of a sink may <see cref="Join"/>, once one of them is in.</summary>
    public bool TakesJoiners(OutcomeSink sink) => Joins && Limits.MaxCount > 1 && !sink.IsDueAtOnce;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Note(in IncomingRecord record, long deadline)
    {
        if (Count == 0)
        {
            _firstKeyLength = record.PartitionKey.Length;
            _end = new SharedOutcome();
        }

        if (record.History is not null || _histories is not null)
            Remember(Count, record.History);
        Put(record);

        var sink = record.Member.Sink;
        Deadline = Math.Min(Deadline, deadline);
        ExpiresAt = Math.Min(ExpiresAt, sink.ExpiresAt);
        OldestAcceptedAt = Math.Min(OldestAcceptedAt, sink.AcceptedAt);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(in IncomingRecord record)
    {
        if (Count == _memberRoom)
            Grow();
        record.Member.Sink.PresetResult(record.Member.Index, new RecordResult(_end!, Count));
        UncheckedArray.At(_members, Count++) = record.Member;
        _charge += RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        _dataBytes += record.Data.Length;
    }

    /// <summary>Records join soon: its fields are asked for.</summary>
    public void Soon() => Prefetch.Soon(this, OwnBytes);

    /// <summary>Records join soon: where their bytes go is asked for, which needs its fields. Not under the lock: what is read may be out of date.</summary>
    public void SoonPlace()
    {
        _stage.Soon();
        var (members, place) = (_members, Count);
        if (place < _memberRoom)
            Prefetch.Soon(ref Unsafe.As<MemberRef, byte>(ref UncheckedArray.At(members, place)), 1);
    }

    /// <summary>Other limits from now on, while it is empty.</summary>
    public void Renew(AggregationLimits limits)
    {
        if (limits == Limits)
            return;
        Limits = limits;
        _builder = new AggregateBuilder(limits, _alwaysWrap, _containerKey);
        SetRoom();
    }

    /// <summary>Its records need not wait for company any more.</summary>
    public void MakeDue(long now) => Deadline = IsEmpty ? Deadline : Math.Min(Deadline, now);

    /// <summary>Hands everything over; what is left is empty.</summary>
    public KinesisRecord Close(ShardEngine engine)
    {
        Unstage();
        _stage.Release();
        var record = new KinesisRecord(engine, _builder.Close(), _members, _end!, _histories)
        {
            Charge = _charge,
            DataBytes = _dataBytes,
            OldestAcceptedAt = OldestAcceptedAt,
            ExpiresAt = ExpiresAt,
            Deadline = Deadline,
        };
        _number = _number is { } first ? first with { Number = first.Number + Count } : null;
        _members = [];
        _end = null;
        _memberRoom = 0;
        _memberHint = Count;
        _histories = null;
        _charge = _dataBytes = 0;
        Count = 0;
        IsFull = false;
        SetRoom();
        Deadline = ExpiresAt = OldestAcceptedAt = long.MaxValue;
        return record;
    }

    /// <summary>
    /// Takes the record if there is room for it and all that waits outside the builder, whatever keys they share, and it is not the last
    /// one that there is room for. It waits there, too, if it is small.
    /// </summary>
    private bool TryTake(in IncomingRecord record)
    {
        var most = RecordStage.MostBytesOf(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        if (_recordsLeft <= 1 || most > _bytesLeft)
            return false;
        if (record.Data.Length > RecordStage.LargestRecord)
            Build(record);
        else if (!_stage.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data))
            return false;
        _bytesLeft -= most;
        _recordsLeft--;
        return true;
    }

    private void Build(in IncomingRecord record)
    {
        _stage.MoveTo(_builder);
        if (!_builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data))
            throw new InvalidOperationException("the builder refuses a record that it has room for");
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
        _bytesLeft = _builder.Count >= 2 ? Limits.MaxSize - _builder.Size
            : _builder.IsEmpty && !_alwaysWrap && _number is null ? Limits.MaxSize - AggregateFormat.FrameSize : -1;
        _recordsLeft = Limits.MaxCount - _builder.Count;
    }

    private void Grow()
    {
        var larger = KinesisRecord.MemberPool.Rent(Math.Max(16, Count == 0 ? _memberHint : _members.Length * 2));
        _members.CopyTo(larger, 0);
        if (_members.Length > 0)
            KinesisRecord.MemberPool.Return(_members, clearArray: true);
        _members = larger;
        _memberRoom = larger.Length;
    }

    private void Remember(int place, AttemptChain? history)
    {
        if (_histories is null || place >= _histories.Length)
            Array.Resize(ref _histories, Math.Max(16, place * 2));
        _histories[place] = history;
    }
}

/// <summary>A look at an engine: bytes in its open aggregate, that one's deadline, and when its oldest record was accepted.</summary>
internal readonly record struct OpenState(int OpenBytes, long Deadline, long OldestAcceptedAt);
