using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// KPL's metrics under KPL's names (<c>metrics/metrics_constants.cc</c>), on one meter. They cost almost nothing while no listener is attached.
/// </summary>
internal sealed class KplInstruments : IDisposable
{
    public const string MeterName = "Orleans.Kpl";

    private readonly Meter _meter = new(MeterName);

    public KplInstruments(Func<IEnumerable<Measurement<long>>> pending, Func<IEnumerable<Measurement<double>>> foreignShares,
        Func<IEnumerable<(string Stream, BacklogStatus Status)>>? backlogs = null)
    {
        UserRecordsReceived = _meter.CreateCounter<long>("UserRecordsReceived", "{record}", "User records accepted");
        UserRecordsPut = _meter.CreateCounter<long>("UserRecordsPut", "{record}", "User records delivered");
        UserRecordsFailed = _meter.CreateCounter<long>("UserRecordsFailed", "{record}", "User records that ended without success");
        UserRecordsDataPut = _meter.CreateCounter<long>("UserRecordsDataPut", "By", "Bytes of data delivered");
        KinesisRecordsPut = _meter.CreateCounter<long>("KinesisRecordsPut", "{record}", "Kinesis records that Kinesis took");
        KinesisRecordsDataPut = _meter.CreateCounter<long>("KinesisRecordsDataPut", "By", "Bytes of payload that Kinesis took");
        ErrorsByCode = _meter.CreateCounter<long>("ErrorsByCode", "{error}", "Refused Kinesis records and failed calls, by code");
        AllErrors = _meter.CreateCounter<long>("AllErrors", "{error}", "Refused Kinesis records and failed calls");
        UserRecordExpired = _meter.CreateCounter<long>("UserRecordExpired", "{record}", "User records that ended as Expired");
        OrderViolations = _meter.CreateCounter<long>("OrderViolations", "{record}", "Kinesis records of ordered streams whose sequence number is not above the former one of their shard");
        RetriesPerRecord = _meter.CreateHistogram<long>("RetriesPerRecord", "{retry}", "Tries after the first, per user record");
        BufferingTime = _meter.CreateHistogram<double>("BufferingTime", "ms", "From acceptance to the first try, of the oldest user record of a Kinesis record");
        RequestTime = _meter.CreateHistogram<double>("RequestTime", "ms", "Time of a PutRecords call");
        UserRecordsPerKinesisRecord = _meter.CreateHistogram<long>("UserRecordsPerKinesisRecord", "{record}");
        KinesisRecordsPerPutRecordsRequest = _meter.CreateHistogram<long>("KinesisRecordsPerPutRecordsRequest", "{record}");
        UserRecordsPerPutRecordsRequest = _meter.CreateHistogram<long>("UserRecordsPerPutRecordsRequest", "{record}");
        UserRecordsSpilled = _meter.CreateCounter<long>("UserRecordsSpilled", "{record}", "User records that went to the durable backlog because memory was full, or rather than end undelivered");
        UserRecordsDeadLettered = _meter.CreateCounter<long>("UserRecordsDeadLettered", "{record}", "User records of the backlog that were set aside");
        BacklogSegmentsDamaged = _meter.CreateCounter<long>("BacklogSegmentsDamaged", "{segment}", "Segments of the backlog that could not be read and were moved out of the way");
        if (backlogs is not null)
            Watch(backlogs);
        _meter.CreateObservableGauge("UserRecordsPending", pending, "{record}", "User records that have not ended");
        _meter.CreateObservableGauge("ForeignShare", foreignShares, "1", "The share of a shard's rate that is left to other writers, as throttles tell");
    }

    public Counter<long> UserRecordsReceived { get; }

    public Counter<long> UserRecordsPut { get; }

    public Counter<long> UserRecordsFailed { get; }

    public Counter<long> UserRecordsDataPut { get; }

    public Counter<long> KinesisRecordsPut { get; }

    public Counter<long> KinesisRecordsDataPut { get; }

    public Counter<long> ErrorsByCode { get; }

    public Counter<long> AllErrors { get; }

    public Counter<long> UserRecordExpired { get; }

    public Counter<long> OrderViolations { get; }

    public Counter<long> UserRecordsSpilled { get; }

    public Counter<long> UserRecordsDeadLettered { get; }

    public Counter<long> BacklogSegmentsDamaged { get; }

    public Histogram<long> RetriesPerRecord { get; }

    public Histogram<double> BufferingTime { get; }

    public Histogram<double> RequestTime { get; }

    public Histogram<long> UserRecordsPerKinesisRecord { get; }

    public Histogram<long> KinesisRecordsPerPutRecordsRequest { get; }

    public Histogram<long> UserRecordsPerPutRecordsRequest { get; }

    /// <summary>Counts one entry that Kinesis refused, or one call that failed (then without a shard).</summary>
    public void Error(string stream, string? shard, string code)
    {
        var tags = Tags(stream, shard);
        AllErrors.Add(1, tags);
        tags.Add("ErrorCode", code);
        ErrorsByCode.Add(1, tags);
    }

    public static TagList Tags(string stream, string? shard = null)
    {
        var tags = new TagList { { "StreamName", stream } };
        if (shard is { Length: > 0 })
            tags.Add("ShardId", shard);
        return tags;
    }

    private void Watch(Func<IEnumerable<(string Stream, BacklogStatus Status)>> backlogs)
    {
        _meter.CreateObservableGauge("BacklogRecords", () => Each(static s => s.Records), "{record}", "User records that wait in the durable backlog");
        _meter.CreateObservableGauge("BacklogBytes", () => Each(static s => s.Bytes), "By", "Bytes that the segments of the backlog take in the store");
        _meter.CreateObservableGauge("BacklogAge", () => Each(static s => s.OldestAge.TotalSeconds), "s", "How long the oldest record has been waiting in the backlog");
        _meter.CreateObservableCounter("BacklogWriteUnits", () => Each(static s => s.WriteUnits), "{unit}", "DynamoDB write units of the backlog");
        _meter.CreateObservableCounter("BacklogCost", () => Each(static s => s.Cost), "{USD}", "What these cost at Backlog:WriteUnitPrice");

        IEnumerable<Measurement<T>> Each<T>(Func<BacklogStatus, T> value)
            where T : struct =>
            backlogs().Select(b => new Measurement<T>(value(b.Status), Tags(b.Stream)));
    }

    public void Dispose() => _meter.Dispose();
}
