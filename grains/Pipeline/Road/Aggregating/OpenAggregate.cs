using System.Runtime.CompilerServices;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>The aggregate that a shard's records join, with the state of its members. Guarded by its engine's lock.</summary>
/// <remarks>
/// With a thousand shards each record finds it out of the caches. So the state that most records touch is in its own fields, and nothing else is:
/// they are two cache lines or three. The rest is in <see cref="AggregateRest"/>, and array headers are not read.
/// </remarks>
internal sealed class OpenAggregate
{
    private readonly AggregateRest _rest;
    private RecordStage _stage;
    private MemberRef[] _members = [];

    // The outcome that its members will share; created with the first member.
    private SharedOutcome? _end;
    private int _memberRoom;
    private long _charge;
    private int _dataBytes;

    // What may be staged without asking the builder: bytes, and records.
    private int _bytesLeft;
    private int _recordsLeft;

    public OpenAggregate(AggregationLimits limits, ContainerKey containerKey, bool alwaysWrap = false, ProducerLine? line = null)
    {
        _rest = new AggregateRest(limits, containerKey, alwaysWrap, line);
        SetRoom();
    }

    /// <summary>Creates one for records that are Kinesis records of their own: never wrapped, and without a producer number.</summary>
    public static OpenAggregate ForOne() => new(PipelineSettings.Alone, ContainerKey.A);

    public AggregationLimits Limits => _rest.Limits;

    /// <summary>The bytes of the shard's records that come before the next one that its watch sees, see <see cref="ShardWatch.OnCountedDown"/>.</summary>
    public long Countdown;

    /// <summary>The bytes of its records that the watch has noted here; 0 where it notes none.</summary>
    public ref long SeenBytes => ref _rest.SeenBytes;

    /// <summary>Whether its engine lets records <see cref="Join"/>.</summary>
    public bool Joins { get; set; }

    public bool IsEmpty => Count == 0;

    public bool IsFull { get; private set; }

    public int Count { get; private set; }

    /// <summary>The bytes that the shard would be charged if it were sent now.</summary>
    public int Size
    {
        get
        {
            Unstage();
            return _rest.Builder.Size + (_rest.ContainerKey != ContainerKey.A || Count == 1 && !_rest.AlwaysWrap ? _rest.FirstKeyLength : 1);
        }
    }

    /// <summary>When it must leave; <see cref="long.MaxValue"/> while it is empty.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    public long ExpiresAt { get; private set; } = long.MaxValue;

    public long OldestAcceptedAt { get; private set; } = long.MaxValue;

    /// <summary>
    /// Adds the record unless the aggregate would exceed its limits; an empty one takes any record. A producer number that the record has already stays
    /// with it, unless it is a Kinesis record of its own.
    /// </summary>
    public bool TryAdd(in IncomingRecord record, long deadline)
    {
        var number = _rest.AlwaysWrap ? record.Number : null;
        if ((number is not null || !TryTake(record)) && !TryBuild(record, number))
            return false;
        Note(record, deadline);
        return true;
    }

    /// <summary>
    /// Adds the first of some records of a batch, as long as they need nothing from its engine: the aggregate was open before them,
    /// neither its deadline nor its expiry becomes earlier, they fit, and its watch sees none of them. Returns how many.
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
            if (Countdown < bytes || !TryTake(record))
                break;
            Countdown -= bytes;
            Put(record);
        }

        return joined;
    }

    /// <summary>Whether records of a sink may <see cref="Join"/> once one of them is in the aggregate.</summary>
    public bool TakesJoiners(OutcomeSink sink) => Joins && _recordsLeft > 1 && !sink.IsDueAtOnce && !sink.IsAlone;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Note(in IncomingRecord record, long deadline)
    {
        if (Count == 0)
        {
            _rest.FirstKeyLength = record.PartitionKey.Length;
            _end = new SharedOutcome();
        }

        if (record.History is not null || _rest.Histories is not null)
            _rest.Remember(Count, record.History);
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

    /// <summary>Sets other limits, while the aggregate is empty.</summary>
    public void Renew(AggregationLimits limits)
    {
        if (limits == Limits)
            return;
        _rest.Renew(limits);
        SetRoom();
    }

    /// <summary>Closes the aggregate into a Kinesis record. It is empty afterwards.</summary>
    public KinesisRecord Close(ShardEngine engine)
    {
        Unstage();
        _stage.Release();
        var encoded = _rest.Builder.Close();
        var record = new KinesisRecord(engine, encoded, _members, _end!, _rest.Histories)
        {
            Charge = _charge,
            DataBytes = _dataBytes,
            OldestAcceptedAt = OldestAcceptedAt,
            ExpiresAt = ExpiresAt,
            Deadline = Deadline,
        };
        engine.Watch?.OnClosed(record, SeenBytes);
        _rest.Numbers.Closed(Count);
        (_rest.MemberHint, _rest.Histories, SeenBytes) = (Count, null, 0);
        // The array of a single place stays here: the record has its member in a field.
        if (_members.Length == 1)
            _members[0] = default;
        else
            (_members, _memberRoom) = ([], 0);
        (_end, _charge, _dataBytes, Count, IsFull) = (null, 0, 0, 0, false);
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
        _stage.MoveTo(_rest.Builder);
        if (!_rest.Builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data))
            throw new InvalidOperationException("the builder refuses a record that it has room for");
    }

    /// <summary>Adds a record to the builder, with a number of its own or with the next one here; false when there is no space.</summary>
    private bool TryBuild(in IncomingRecord record, ProducerNumber? given)
    {
        Unstage();
        if (!_rest.Numbers.TryAdd(
            _rest.Builder, record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data, given, Count))
            return false;
        IsFull = _rest.Builder.IsFull;
        SetRoom();
        return true;
    }

    private void Unstage()
    {
        if (_stage.Count == 0)
            return;
        _stage.MoveTo(_rest.Builder);
        IsFull = _rest.Builder.IsFull;
        SetRoom();
    }

    private void SetRoom()
    {
        // An aggregate of two is the first that is wrapped. If the first record went to the builder, so does the second one. The
        // first record of an aggregate with numbers goes to the builder, too, for its number.
        var builder = _rest.Builder;
        _bytesLeft = _rest.Numbers.Implied is not null ? -1
            : builder.Count >= (_rest.AlwaysWrap ? 1 : 2) ? Limits.MaxSize - builder.Size
            : builder.IsEmpty && !_rest.AlwaysWrap && _rest.Numbers.Own is null ? Limits.MaxSize - AggregateFormat.FrameSize : -1;
        _recordsLeft = (int)Math.Min(Limits.MaxCount - builder.Count, int.MaxValue);
    }

    private void Grow()
    {
        if (Limits.MaxCount == 1 && Count == 0)
        {
            (_members, _memberRoom) = (new MemberRef[1], 1);
            return;
        }

        var larger = KinesisRecord.MemberPool.Rent(Math.Max(16, Count == 0 ? _rest.MemberHint : _members.Length * 2));
        _members.CopyTo(larger, 0);
        if (_members.Length > 1)
            KinesisRecord.MemberPool.Return(_members, clearArray: true);
        _members = larger;
        _memberRoom = larger.Length;
    }
}

/// <summary>
/// What an <see cref="OpenAggregate"/> needs when it opens, closes, or takes a record that cannot simply be staged: apart from what each record touches.
/// </summary>
/// <param name="alwaysWrap">Whether a single user record becomes an aggregate, too.</param>
internal sealed class AggregateRest(AggregationLimits limits, ContainerKey containerKey, bool alwaysWrap, ProducerLine? line)
{
    /// <summary>The producer numbers of the members.</summary>
    public MemberNumbers Numbers = new(line);

    public long SeenBytes;

    public AggregationLimits Limits { get; private set; } = limits;

    public AggregateBuilder Builder { get; private set; } = new(limits, alwaysWrap, containerKey);

    public bool AlwaysWrap => alwaysWrap;

    public ContainerKey ContainerKey => containerKey;

    /// <summary>The bytes of the first member's partition key.</summary>
    public int FirstKeyLength { get; set; }

    /// <summary>The number of members of the last aggregate. The next one reserves space for as many at once.</summary>
    public int MemberHint { get; set; }

    /// <summary>The earlier attempts of members; null where none had one.</summary>
    public AttemptChain?[]? Histories;

    public void Renew(AggregationLimits other)
    {
        Limits = other;
        Builder = new AggregateBuilder(other, alwaysWrap, containerKey);
    }

    public void Remember(int place, AttemptChain? history)
    {
        if (Histories is null || place >= Histories.Length)
            Array.Resize(ref Histories, Math.Max(16, place * 2));
        Histories[place] = history;
    }
}
