using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// The metrics of one producer, as events: call sites say what happened, and this class knows which metrics of <see cref="KplMetrics"/> that changes.
/// An event costs almost nothing while nobody listens, and each instrument that is listened to alone gives what it gives among the others.
/// </summary>
internal sealed class KplInstruments : IDisposable
{
    private const string StreamTag = "StreamName";
    private const string ShardTag = "ShardId";

    private readonly Meter _meter;
    private readonly Counter<long> _received;
    private readonly Counter<long> _put;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _unknown;
    private readonly Counter<long> _expired;
    private readonly Counter<long> _dataPut;
    private readonly Counter<long> _kinesisPut;
    private readonly Counter<long> _kinesisDataPut;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _errorsByCode;
    private readonly Counter<long> _wrongShard;
    private readonly Counter<long> _orderViolations;
    private readonly Counter<long> _ownerMoves;
    private readonly Counter<long> _reshards;
    private readonly Counter<long> _spilled;
    private readonly Counter<long> _deadLettered;
    private readonly Counter<long> _damaged;
    private readonly Histogram<long> _perKinesisRecord;
    private readonly Histogram<long> _kinesisPerCall;
    private readonly Histogram<long> _userPerCall;
    private readonly Histogram<long> _retries;
    private readonly Histogram<double> _buffering;
    private readonly Histogram<double> _requestTime;
    private readonly Histogram<double> _acceptWait;

    /// <param name="role">What this process does for the records.</param>
    /// <param name="streams">Returns the streams that gauges read.</param>
    /// <param name="meters">Makes the meter, in a host; null for a meter of the producer's own.</param>
    public KplInstruments(ProducerRole role, Func<IEnumerable<IMeasuredStream>> streams, IMeterFactory? meters = null)
    {
        var options = new MeterOptions(KplDiagnostics.MeterName)
        {
            Version = KplDiagnostics.Version,
            Tags = [new("role", role.ToString().ToLowerInvariant())],
        };
        _meter = meters?.Create(options) ?? new Meter(options);
        Role = role;
        _received = Counter(KplMetrics.UserRecordsReceived);
        _put = Counter(KplMetrics.UserRecordsPut);
        _failed = Counter(KplMetrics.UserRecordsFailed);
        _unknown = Counter(KplMetrics.UserRecordsUnknown);
        _expired = Counter(KplMetrics.UserRecordExpired);
        _dataPut = Counter(KplMetrics.UserRecordsDataPut);
        _kinesisPut = Counter(KplMetrics.KinesisRecordsPut);
        _kinesisDataPut = Counter(KplMetrics.KinesisRecordsDataPut);
        _errors = Counter(KplMetrics.AllErrors);
        _errorsByCode = Counter(KplMetrics.ErrorsByCode);
        _wrongShard = Counter(KplMetrics.WrongShard);
        _orderViolations = Counter(KplMetrics.OrderViolations);
        _ownerMoves = Counter(KplMetrics.OwnerMoves);
        _reshards = Counter(KplMetrics.Reshards);
        _spilled = Counter(KplMetrics.UserRecordsSpilled);
        _deadLettered = Counter(KplMetrics.UserRecordsDeadLettered);
        _damaged = Counter(KplMetrics.BacklogSegmentsDamaged);
        _perKinesisRecord = Histogram<long>(KplMetrics.UserRecordsPerKinesisRecord);
        _kinesisPerCall = Histogram<long>(KplMetrics.KinesisRecordsPerPutRecordsRequest);
        _userPerCall = Histogram<long>(KplMetrics.UserRecordsPerPutRecordsRequest);
        _retries = Histogram<long>(KplMetrics.RetriesPerRecord);
        _buffering = Histogram<double>(KplMetrics.BufferingTime);
        _requestTime = Histogram<double>(KplMetrics.RequestTime);
        _acceptWait = Histogram<double>(KplMetrics.AcceptWait);
        MetricGauges.AddTo(_meter, streams);
    }

    /// <summary>What this process does for the records.</summary>
    public ProducerRole Role { get; }

    /// <summary>Whether anybody wants to know the attempts of records, which cost a look at each record.</summary>
    public bool WantsAttempts => _retries.Enabled || _buffering.Enabled || WeightedHistograms.HasListeners;

    /// <summary>Whether anybody wants to know what a call carries, which costs a look at each of its Kinesis records.</summary>
    public bool WantsContents => _userPerCall.Enabled || _perKinesisRecord.Enabled;

    /// <summary>User records were accepted, anew too, or found where an earlier process left them.</summary>
    public void Received(string stream, long count)
    {
        if (_received.Enabled)
            _received.Add(count, Tags(stream));
    }

    /// <summary>User records were delivered.</summary>
    /// <param name="stream">Their stream.</param>
    /// <param name="shardId">The shard that has them.</param>
    /// <param name="count">How many.</param>
    /// <param name="bytes">Their data; 0 where that is not known.</param>
    public void Put(string stream, string? shardId, int count, long bytes)
    {
        Add(_put, count, stream, shardId);
        if (bytes > 0)
            Add(_dataPut, bytes, stream, shardId);
    }

    /// <summary>User records ended without success.</summary>
    /// <param name="stream">Their stream.</param>
    /// <param name="shardId">The shard that was predicted; null where none was.</param>
    /// <param name="status">Whether they failed, or nobody knows.</param>
    /// <param name="code">Why.</param>
    /// <param name="count">How many.</param>
    public void Failed(string stream, string? shardId, RecordStatus status, string? code, long count = 1)
    {
        var ended = status == RecordStatus.Unknown ? _unknown : _failed;
        if (ended.Enabled)
            ended.Add(count, Tags(stream, shardId));
        if (code == RecordErrorCodes.Expired && _expired.Enabled)
            _expired.Add(count, Tags(stream, shardId));
    }

    /// <summary>User records ended after so many attempts beyond the first.</summary>
    public void Retried(string stream, string? shardId, int retries, int count)
    {
        var value = Math.Max(0, retries);
        WeightedHistograms.Record(_retries, stream, shardId, [new WeightedValue(value, count)]);
        RecordEach(_retries, value, stream, shardId, count);
    }

    /// <summary>User records waited so long for an attempt.</summary>
    public void Buffered(string stream, string? shardId, TimeSpan wait, int count) =>
        Buffered(stream, shardId, [new WeightedValue(Math.Max(0, wait.TotalMilliseconds), count)]);

    /// <summary>User records waited for an attempt, some longer than others.</summary>
    /// <param name="stream">Their stream.</param>
    /// <param name="shardId">Their shard.</param>
    /// <param name="waits">How long, in milliseconds, never below 0.</param>
    public void Buffered(string stream, string? shardId, ReadOnlySpan<WeightedValue> waits)
    {
        WeightedHistograms.Record(_buffering, stream, shardId, waits);
        if (!_buffering.Enabled)
            return;
        foreach (ref readonly var wait in waits)
            RecordEach(_buffering, wait.Value, stream, shardId, wait.Count);
    }

    /// <summary>A put waited so long until its records were accepted, or it gave up.</summary>
    public void Waited(string stream, TimeSpan wait)
    {
        if (_acceptWait.Enabled)
            _acceptWait.Record(wait.TotalMilliseconds, Tags(stream));
    }

    /// <summary>A call was answered, or failed as a whole.</summary>
    public void CallEnded(string stream, TimeSpan time, int kinesisRecords)
    {
        if (_requestTime.Enabled)
            _requestTime.Record(time.TotalMilliseconds, Tags(stream));
        if (_kinesisPerCall.Enabled)
            _kinesisPerCall.Record(kinesisRecords, Tags(stream));
    }

    /// <summary>A call carried so many user records.</summary>
    public void Carried(string stream, long userRecords)
    {
        if (_userPerCall.Enabled)
            _userPerCall.Record(userRecords, Tags(stream));
    }

    /// <summary>A Kinesis record of a call held so many user records.</summary>
    public void Held(string stream, string? shardId, int userRecords)
    {
        if (!_perKinesisRecord.Enabled)
            return;
        if (shardId is { Length: > 0 })
            _perKinesisRecord.Record(userRecords, new KeyValuePair<string, object?>(StreamTag, stream), new(ShardTag, shardId));
        else
            _perKinesisRecord.Record(userRecords, new KeyValuePair<string, object?>(StreamTag, stream));
    }

    /// <summary>Kinesis took a Kinesis record.</summary>
    public void KinesisRecordPut(string stream, string shardId, int bytes)
    {
        Add(_kinesisPut, 1, stream, shardId);
        Add(_kinesisDataPut, bytes, stream, shardId);
    }

    /// <summary>Kinesis refused a Kinesis record, or a call failed (then without a shard).</summary>
    public void Error(string stream, string? shardId, string code)
    {
        if (_errors.Enabled)
            _errors.Add(1, Tags(stream, shardId));
        if (!_errorsByCode.Enabled)
            return;
        var tags = Tags(stream, shardId);
        tags.Add("ErrorCode", code);
        _errorsByCode.Add(1, tags);
    }

    /// <summary>Another shard than the predicted one took a Kinesis record.</summary>
    public void WrongShard(string stream, string predicted)
    {
        if (_wrongShard.Enabled)
            _wrongShard.Add(1, Tags(stream, predicted));
    }

    /// <summary>A shard gave a Kinesis record of an ordered stream a lower sequence number than the one before.</summary>
    public void OrderViolated(string stream, string shardId) => _orderViolations.Add(1, Tags(stream, shardId));

    /// <summary>This silo began to serve a shard.</summary>
    public void OwnerMoved(string stream) => _ownerMoves.Add(1, Tags(stream));

    /// <summary>An operation on the shards of a stream ended.</summary>
    public void Resharded(string stream, OperationState state)
    {
        var tags = Tags(stream);
        tags.Add("Result", state.ToString().ToLowerInvariant());
        _reshards.Add(1, tags);
    }

    /// <summary>User records went to the backlog because memory was full, or rather than end undelivered.</summary>
    public void Spilled(string stream, long count) => _spilled.Add(count, Tags(stream));

    /// <summary>User records of the backlog were set aside.</summary>
    public void DeadLettered(string stream, long count) => _deadLettered.Add(count, Tags(stream));

    /// <summary>A segment of the backlog could not be read.</summary>
    public void SegmentDamaged(string stream) => _damaged.Add(1, Tags(stream));

    /// <summary>The tags of a value.</summary>
    public static TagList Tags(string stream, string? shardId = null)
    {
        var tags = new TagList { { StreamTag, stream } };
        if (shardId is { Length: > 0 })
            tags.Add(ShardTag, shardId);
        return tags;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        WeightedHistograms.TellEnding(_meter);
        _meter.Dispose();
    }

    /// <summary>Counts for a shard. A list of tags has room for eight, all of which would be cleared and copied for each Kinesis record.</summary>
    private static void Add(Counter<long> counter, long value, string stream, string? shardId)
    {
        if (!counter.Enabled)
            return;
        if (shardId is { Length: > 0 })
            counter.Add(value, new KeyValuePair<string, object?>(StreamTag, stream), new(ShardTag, shardId));
        else
            counter.Add(value, new KeyValuePair<string, object?>(StreamTag, stream));
    }

    /// <summary>Records a value once for each user record: KPL's distributions are of user records.</summary>
    private static void RecordEach<T>(Histogram<T> histogram, T value, string stream, string? shardId, int count)
        where T : struct
    {
        if (!histogram.Enabled)
            return;
        var tags = Tags(stream, shardId);
        for (var i = 0; i < count; i++)
            histogram.Record(value, tags);
    }

    private Counter<long> Counter(MetricDefinition metric) => _meter.CreateCounter<long>(metric.Name, metric.Unit, metric.Meaning);

    private Histogram<T> Histogram<T>(MetricDefinition metric)
        where T : struct => _meter.CreateHistogram<T>(metric.Name, metric.Unit, metric.Meaning);
}
