using System.Runtime.CompilerServices;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Buffers;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>The aggregate that a shard's records join, with the state of its members. Guarded by its engine's lock.</summary>
/// <remarks>
/// With a thousand shards each record finds it out of the caches. So the state that most records touch is in its own fields, and array
/// headers are not read.
/// </remarks>
internal sealed class OpenAggregate
{
    /// <summary>The approximate size of its fields in bytes.</summary>
    private const int OwnBytes = 192;

    private readonly ContainerKey _containerKey;
    private readonly bool _alwaysWrap;
    private AggregateBuilder _builder;
    private RecordStage _stage;
    private MemberRef[] _members = [];

    // Takes the member of an aggregate that has one at most; it stays here when that closes.
    private MemberRef[]? _one;

    // The outcome that its members will share; created with the first member.
    private SharedOutcome? _end;
    private int _memberRoom;

    // The number of members of the last aggregate. The next one reserves space for as many at once.
    private int _memberHint;
    private AttemptChain?[]? _histories;
    private long _charge;
    private long _dataBytes;
    private int _firstKeyLength;

    // Where members have producer numbers: that of the first member, and the others count on from it. Once a member came with a number of its own, the
    // number of the next member that comes without one.
    private ProducerNumber? _number;

    // The number that a reader gives to the next member unless it has a tag; only where a member came with a number of its own.
    private ProducerNumber? _implied;

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

    /// <summary>Creates one for records that are Kinesis records of their own: never wrapped, and without a producer number.</summary>
    public static OpenAggregate ForOne() => new(PipelineSettings.Alone, ContainerKey.A);

    public AggregationLimits Limits { get; private set; }

    /// <summary>Picks samples among the shard's records, see <see cref="ShardEngine.Load"/>.</summary>
    public LoadSampler Sampler;

    /// <summary>Whether its engine lets records <see cref="Join"/>.</summary>
    public bool Joins { private get; set; }

    public bool IsEmpty => Count == 0;

    /// <summary>Whether the aggregate has reached one of its limits.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The number of user records in it.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes that the shard would be charged if it were sent now.</summary>
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

    /// <summary>
    /// Adds the record unless the aggregate would exceed its limits; an empty one takes any record. A producer number that the record has already stays
    /// with it, unless it is a Kinesis record of its own.
    /// </summary>
    public bool TryAdd(in IncomingRecord record, long deadline)
    {
        var number = _alwaysWrap ? record.Number : null;
        if (number is null && TryTake(record) || TryBuild(record, number))
        {
            Note(record, deadline);
            return true;
        }

        return false;
    }

    /// <summary>
    /// Adds the first of some records of a batch, as long as they need nothing from its engine: the aggregate was open before them,
    /// neither its deadline nor its expiry becomes earlier, they fit, and none of them is a sample. Returns how many.
    /// </summary>
    public int Join(PreparedBatch batch, ReadOnlySpan<int> picks, long deadline)
    {
        var sink = batch.Sink;
        if (!TakesJoiners(sink) || batch.HasNumbers || deadline < Deadline || sink.ExpiresAt < ExpiresAt || sink.AcceptedAt < OldestAcceptedAt)
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

    /// <summary>Whether records of a sink may <see cref="Join"/> once one of them is in the aggregate.</summary>
    public bool TakesJoiners(OutcomeSink sink) => Joins && Limits.MaxCount > 1 && !sink.IsDueAtOnce && !sink.IsAlone;

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

    /// <summary>Prefetches its fields, because records join soon.</summary>
    public void Soon() => Prefetch.Soon(this, OwnBytes);

    /// <summary>
    /// Prefetches the place where the records that join soon are written; needs its fields. Not under the lock: the values read may be
    /// out of date.
    /// </summary>
    public void SoonPlace()
    {
        _stage.Soon();
        var (members, place) = (_members, Count);
        if (place < _memberRoom)
            Prefetch.Soon(ref Unsafe.As<MemberRef, byte>(ref UncheckedArray.At(members, place)), 1);
    }

    /// <summary>Sets other limits, while the aggregate is empty.</summary>
    public void Renew(AggregationLimits limits)
    {
        if (limits == Limits)
            return;
        Limits = limits;
        _builder = new AggregateBuilder(limits, _alwaysWrap, _containerKey);
        SetRoom();
    }

    /// <summary>Makes the aggregate due now, unless it is empty.</summary>
    public void MakeDue(long now) => Deadline = IsEmpty ? Deadline : Math.Min(Deadline, now);

    /// <summary>Closes the aggregate into a Kinesis record. It is empty afterwards.</summary>
    public KinesisRecord Close(ShardEngine engine)
    {
        Unstage();
        _stage.Release();
        var encoded = _builder.Close();
        var record = new KinesisRecord(engine, encoded, _members, _end!, _histories)
        {
            Waiting = encoded.Length + encoded.PartitionKey.Length,
            Charge = _charge,
            DataBytes = _dataBytes,
            OldestAcceptedAt = OldestAcceptedAt,
            ExpiresAt = ExpiresAt,
            Deadline = Deadline,
        };
        engine.Horizon.Enter(record.Waiting);
        (_number, _implied) = (OwnNumber, null);
        if (_members == _one)
            Array.Clear(_one);
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
    /// Adds the record if there is space for it and all that is staged, whatever keys they share, and it is not the last one that there
    /// is space for. Small records are staged, too.
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

    /// <summary>Adds a record to the builder, with a number of its own or with the next one here; false when there is no space.</summary>
    private bool TryBuild(in IncomingRecord record, ProducerNumber? given)
    {
        Unstage();
        var own = OwnNumber;
        var number = given ?? own;
        // The numbers of an aggregate's members count on from the last one that has a tag.
        var follows = Count > 0 && number == (_implied ?? own);
        if (!(number is null || follows
            ? _builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data)
            : _builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data, number.Value)))
            return false;
        if (given is not null || _implied is not null)
            (_number, _implied) = (given is null ? own?.Next : own, (number ?? _implied)!.Value.Next);
        IsFull = _builder.IsFull;
        SetRoom();
        return true;
    }

    /// <summary>The number of the next member that comes without one; null where members have none.</summary>
    private ProducerNumber? OwnNumber => _implied is not null ? _number : _number is { } first ? first with { Number = first.Number + Count } : null;

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
        // An aggregate of two is the first that is wrapped. If the first record went to the builder, so does the second one. The
        // first record of an ordered stream goes to the builder, too, for its number.
        _bytesLeft = _implied is not null ? -1
            : _builder.Count >= (_alwaysWrap ? 1 : 2) ? Limits.MaxSize - _builder.Size
            : _builder.IsEmpty && !_alwaysWrap && _number is null ? Limits.MaxSize - AggregateFormat.FrameSize : -1;
        _recordsLeft = Limits.MaxCount - _builder.Count;
    }

    private void Grow()
    {
        if (Limits.MaxCount == 1 && Count == 0)
        {
            _members = _one ??= new MemberRef[1];
            _memberRoom = 1;
            return;
        }

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

/// <summary>A snapshot of an engine: the bytes in its open aggregate, that one's deadline, and when its oldest record was accepted.</summary>
internal readonly record struct OpenState(int OpenBytes, long Deadline, long OldestAcceptedAt);
