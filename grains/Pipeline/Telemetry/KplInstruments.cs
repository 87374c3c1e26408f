using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// The metrics of one producer, as events: call sites say what happened, and this class knows which metrics of <see cref="KplMetrics"/> that changes.
/// An event costs almost nothing while nobody listens, and each instrument that is listened to alone gives what it gives among the others.
/// </summary>
/// <param name="threw">Told which listener threw, and what.</param>
internal sealed class KplInstruments(ProducerRole role, Meter meter, Action<string, Exception> threw) : IDisposable
{
    // More shards than these are forgotten, and made anew.
    private const int MaxShards = 20_000;

    // All producers of a role in a host share one meter, and no instrument can be taken out of a meter. A producer that begins silences those that ended.
    private static readonly ConditionalWeakTable<Meter, ConcurrentQueue<GaugedStreams>> Ended = [];

    private readonly Meter _meter = meter;
    private readonly GaugedStreams _gauged = new();
    private readonly ConcurrentDictionary<(string Stream, string? ShardId), ShardMeter> _shards = new();
    private int _shardCount;
    private readonly Counter<long> _received = Counter(meter, KplMetrics.UserRecordsReceived);
    private readonly Counter<long> _put = Counter(meter, KplMetrics.UserRecordsPut);
    private readonly Counter<long> _failed = Counter(meter, KplMetrics.UserRecordsFailed);
    private readonly Counter<long> _unknown = Counter(meter, KplMetrics.UserRecordsUnknown);
    private readonly Counter<long> _expired = Counter(meter, KplMetrics.UserRecordExpired);
    private readonly Counter<long> _dataPut = Counter(meter, KplMetrics.UserRecordsDataPut);
    private readonly Counter<long> _kinesisPut = Counter(meter, KplMetrics.KinesisRecordsPut);
    private readonly Counter<long> _kinesisDataPut = Counter(meter, KplMetrics.KinesisRecordsDataPut);
    private readonly Counter<long> _errors = Counter(meter, KplMetrics.AllErrors);
    private readonly Counter<long> _errorsByCode = Counter(meter, KplMetrics.ErrorsByCode);
    private readonly Counter<long> _wrongShard = Counter(meter, KplMetrics.WrongShard);
    private readonly Counter<long> _orderViolations = Counter(meter, KplMetrics.OrderViolations);
    private readonly Counter<long> _ownerMoves = Counter(meter, KplMetrics.OwnerMoves);
    private readonly Counter<long> _aimed = Counter(meter, KplMetrics.UserRecordsAimed);
    private readonly Counter<long> _aimedWrong = Counter(meter, KplMetrics.UserRecordsAimedWrong);
    private readonly Counter<long> _reshards = Counter(meter, KplMetrics.Reshards);
    private readonly Counter<long> _spilled = Counter(meter, KplMetrics.UserRecordsSpilled);
    private readonly Counter<long> _deadLettered = Counter(meter, KplMetrics.UserRecordsDeadLettered);
    private readonly Counter<long> _damaged = Counter(meter, KplMetrics.BacklogSegmentsDamaged);
    private readonly Histogram<long> _perKinesisRecord = Histogram<long>(meter, KplMetrics.UserRecordsPerKinesisRecord);
    private readonly Histogram<long> _kinesisPerCall = Histogram<long>(meter, KplMetrics.KinesisRecordsPerPutRecordsRequest);
    private readonly Histogram<long> _userPerCall = Histogram<long>(meter, KplMetrics.UserRecordsPerPutRecordsRequest);
    private readonly Histogram<long> _retries = Histogram<long>(meter, KplMetrics.RetriesPerRecord);
    private readonly Histogram<double> _buffering = Histogram<double>(meter, KplMetrics.BufferingTime);
    private readonly Histogram<double> _requestTime = Histogram<double>(meter, KplMetrics.RequestTime);
    private readonly Histogram<double> _acceptWait = Histogram<double>(meter, KplMetrics.AcceptWait);

    /// <param name="meters">Makes the meter, in a host; null for a meter of the producer's own.</param>
    public KplInstruments(ProducerRole role, Func<IEnumerable<IMeasuredStream>> streams, Action<string, Exception> threw, IMeterFactory? meters = null)
        : this(role, NewMeter(role, meters), threw)
    {
        var gauged = _gauged;
        gauged.Read = streams;
        while (Ended.GetOrCreateValue(_meter).TryDequeue(out var former))
            former.Read = static () => [];
        MetricGauges.AddTo(_meter, () => gauged.Read());
    }

    /// <summary>The role of this process for the records.</summary>
    public ProducerRole Role => role;

    /// <summary>Whether anybody wants to know the attempts of records, which cost a look at each record.</summary>
    public bool WantsAttempts => _retries.Enabled || _buffering.Enabled || ShardListeners.HasAny;

    /// <summary>Whether anybody wants to know what a call carries, which costs a look at each of its Kinesis records.</summary>
    public bool WantsContents => _userPerCall.Enabled || _perKinesisRecord.Enabled || ShardListeners.HasAny;

    /// <summary>Returns a shard as the events below take it; what has many events of one shard keeps it.</summary>
    public ShardMeter Of(string stream, string? shardId)
    {
        if (_shards.TryGetValue((stream, shardId), out var known))
            return known;
        if (Interlocked.Increment(ref _shardCount) > MaxShards)
        {
            _shards.Clear();
            Volatile.Write(ref _shardCount, 1);
        }

        return _shards.GetOrAdd((stream, shardId), static (key, meter) => new ShardMeter(meter, key.Stream, key.ShardId), _meter);
    }

    /// <summary>Returns a shard that is mostly the one expected.</summary>
    public ShardMeter Of(ShardMeter expected, string shardId) => expected.ShardId == shardId ? expected : Of(expected.Stream, shardId);

    /// <summary>User records were accepted, anew too, or found where an earlier process left them.</summary>
    public void Received(string stream, long count) => Add(_received, count, stream);

    /// <summary>User records were delivered.</summary>
    /// <param name="bytes">Their data; 0 where that is not known.</param>
    public void Put(string stream, string? shardId, int count, long bytes)
    {
        if (_put.Enabled || _dataPut.Enabled || ShardListeners.HasAny)
            Put(Of(stream, shardId), count, bytes);
    }

    /// <summary>User records were delivered by a shard.</summary>
    /// <param name="sizes">The fewest and the most data bytes of one of them; null where each has as many.</param>
    public void Put(ShardMeter shard, int count, long bytes, (double Smallest, double Largest)? sizes = null)
    {
        shard.Tell(new ShardEvent { Put = count, PutBytes = bytes, PutSizes = sizes ?? ((double)bytes / count, (double)bytes / count) });
        Add(_put, count, shard);
        if (bytes > 0)
            Add(_dataPut, bytes, shard);
    }

    /// <summary>User records ended without success.</summary>
    /// <param name="shardId">The shard that was predicted; null where none was.</param>
    /// <param name="status">Whether they failed, or nobody knows.</param>
    public void Failed(string stream, string? shardId, RecordStatus status, string? code, long count = 1)
    {
        Add(status == RecordStatus.Unknown ? _unknown : _failed, count, stream, shardId);
        if (code == RecordErrorCodes.Expired)
            Add(_expired, count, stream, shardId);
    }

    /// <summary>User records ended after so many attempts beyond the first.</summary>
    public void Retried(ShardMeter shard, int retries, int count)
    {
        var value = Math.Max(0, retries);
        shard.Tell(new ShardEvent { Tried = count, Retries = value });
        RecordEach(_retries, value, shard, count);
    }

    /// <summary>User records waited so long for an attempt.</summary>
    public void Buffered(ShardMeter shard, TimeSpan wait, int count) =>
        Buffered(shard, [new WeightedValue(Math.Max(0, wait.TotalMilliseconds), count)]);

    /// <summary>User records waited for an attempt, some longer than others.</summary>
    /// <param name="waits">How long, in milliseconds, never below 0.</param>
    public void Buffered(ShardMeter shard, ReadOnlySpan<WeightedValue> waits)
    {
        shard.Tell(new ShardEvent { Waits = waits });
        if (!_buffering.Enabled)
            return;
        foreach (ref readonly var wait in waits)
            RecordEach(_buffering, wait.Value, shard, wait.Count);
    }

    /// <summary>A put waited so long until its records were accepted, or it gave up.</summary>
    public void Waited(string stream, TimeSpan wait) => Record(_acceptWait, wait.TotalMilliseconds, stream);

    /// <summary>A call was answered, or failed as a whole.</summary>
    public void CallEnded(string stream, TimeSpan time, int kinesisRecords)
    {
        Record(_requestTime, time.TotalMilliseconds, stream);
        Record(_kinesisPerCall, kinesisRecords, stream);
    }

    /// <summary>A call carried so many user records.</summary>
    public void Carried(string stream, long userRecords) => Record(_userPerCall, userRecords, stream);

    /// <summary>A Kinesis record of a call had so many user records.</summary>
    public void KinesisRecordSent(ShardMeter shard, int userRecords)
    {
        shard.Tell(new ShardEvent { UserRecords = userRecords });
        Record(_perKinesisRecord, userRecords, shard.Stream, shard.ShardId);
    }

    /// <summary>Kinesis took a Kinesis record.</summary>
    public void KinesisRecordPut(ShardMeter shard, int bytes)
    {
        shard.Tell(new ShardEvent { IsTaken = true, TakenBytes = bytes });
        Add(_kinesisPut, 1, shard);
        Add(_kinesisDataPut, bytes, shard);
    }

    /// <summary>A Kinesis record was sent, and its shard took it: <see cref="KinesisRecordSent"/> and <see cref="KinesisRecordPut"/> in one.</summary>
    public void KinesisRecordSentAndPut(ShardMeter shard, int userRecords, int bytes)
    {
        shard.Tell(new ShardEvent { UserRecords = userRecords, IsTaken = true, TakenBytes = bytes });
        Record(_perKinesisRecord, userRecords, shard.Stream, shard.ShardId);
        Add(_kinesisPut, 1, shard);
        Add(_kinesisDataPut, bytes, shard);
    }

    /// <summary>Kinesis refused a Kinesis record, or a call failed (then without a shard).</summary>
    public void Error(string stream, string? shardId, string code)
    {
        Add(_errors, 1, stream, shardId);
        if (!_errorsByCode.Enabled)
            return;
        var tags = Tags(stream, shardId);
        tags.Add("ErrorCode", code);
        _errorsByCode.TryAdd(1, tags, threw);
    }

    /// <summary>Another shard than the predicted one took a Kinesis record.</summary>
    public void WrongShard(string stream, string predicted) => Add(_wrongShard, 1, stream, predicted);

    /// <summary>A shard gave a Kinesis record of an ordered stream a lower sequence number than the one before.</summary>
    public void OrderViolated(string stream, string shardId) => Add(_orderViolations, 1, stream, shardId);

    /// <summary>This silo began to serve a shard.</summary>
    public void OwnerMoved(string stream) => Add(_ownerMoves, 1, stream);

    /// <summary>A silo has taken user records that a client aimed at it.</summary>
    /// <param name="wrong">How many of them another silo sends.</param>
    public void Aimed(string stream, int count, int wrong)
    {
        Add(_aimed, count, stream);
        if (wrong > 0)
            Add(_aimedWrong, wrong, stream);
    }

    /// <summary>An operation on the shards of a stream ended.</summary>
    public void Resharded(string stream, OperationState state)
    {
        var tags = Tags(stream);
        tags.Add("Result", state.ToString().ToLowerInvariant());
        _reshards.TryAdd(1, tags, threw);
    }

    /// <summary>User records went to the backlog because memory was full, or rather than end undelivered.</summary>
    public void Spilled(string stream, long count) => Add(_spilled, count, stream);

    /// <summary>User records of the backlog were set aside.</summary>
    public void DeadLettered(string stream, long count) => Add(_deadLettered, count, stream);

    /// <summary>A segment of the backlog could not be read.</summary>
    public void SegmentDamaged(string stream) => Add(_damaged, 1, stream);

    /// <summary>The tags of a value.</summary>
    public static TagList Tags(string stream, string? shardId = null)
    {
        var tags = new TagList { { "StreamName", stream } };
        if (shardId is { Length: > 0 })
            tags.Add("ShardId", shardId);
        return tags;
    }

    /// <summary>Ends the meter, unless it is a host's. The last values of the gauges in a host's meter stay until another producer begins.</summary>
    public void Dispose()
    {
        Ended.GetOrCreateValue(_meter).Enqueue(_gauged);
        try
        {
            ShardListeners.TellEnding(_meter);
            _meter.Dispose();
        }
        catch (Exception error)
        {
            threw("A listener of metrics", error);
        }
    }

    /// <summary>Records a value once for each user record: KPL's distributions are of user records.</summary>
    private void RecordEach<T>(Histogram<T> histogram, T value, ShardMeter shard, int count)
        where T : struct
    {
        if (!histogram.Enabled)
            return;
        var tags = Tags(shard.Stream, shard.ShardId);
        for (var i = 0; i < count; i++)
            histogram.TryRecord(value, tags, threw);
    }

    private void Add(Counter<long> counter, long value, ShardMeter shard) => Add(counter, value, shard.Stream, shard.ShardId);

    private void Add(Counter<long> counter, long value, string stream, string? shardId = null)
    {
        if (counter.Enabled)
            counter.TryAdd(value, Tags(stream, shardId), threw);
    }

    private void Record<T>(Histogram<T> histogram, T value, string stream, string? shardId = null)
        where T : struct
    {
        if (histogram.Enabled)
            histogram.TryRecord(value, Tags(stream, shardId), threw);
    }

    private static Meter NewMeter(ProducerRole role, IMeterFactory? meters)
    {
        var options = new MeterOptions(KplDiagnostics.MeterName)
        {
            Version = KplDiagnostics.Version,
            Tags = [new("role", role.ToString().ToLowerInvariant())],
        };
        return meters?.Create(options) ?? new Meter(options);
    }

    private static Counter<long> Counter(Meter meter, MetricDefinition metric) => meter.CreateCounter<long>(metric.Name, metric.Unit, metric.Meaning);

    private static Histogram<T> Histogram<T>(Meter meter, MetricDefinition metric)
        where T : struct => meter.CreateHistogram<T>(metric.Name, metric.Unit, metric.Meaning);

    /// <summary>All of a producer that its gauges keep, for as long as there is their meter.</summary>
    private sealed class GaugedStreams
    {
        public volatile Func<IEnumerable<IMeasuredStream>> Read = static () => [];
    }
}

/// <summary>The role of a process for the records that its metrics count. A record counts once in each role, so only one of them is added up.</summary>
internal enum ProducerRole
{
    /// <summary>A producer that sends to Kinesis itself: in an application, or the local tier.</summary>
    Embedded,

    /// <summary>A silo of the tier. The silo that accepts a record counts it as received or failed, the owner of its shard counts it as put.</summary>
    Silo,

    /// <summary>A client of the tier. Its silos count each record once more.</summary>
    Client,
}
