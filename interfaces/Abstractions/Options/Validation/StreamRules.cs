using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Validation;

/// <summary>Which settings of one stream fit each other, and its process.</summary>
internal static class StreamRules
{
    public static OptionsFindings Check(StreamOptions options, BacklogOptions backlog, BacklogHost host)
    {
        OptionsFindings found = [.. StreamSettings.All.Check(options)];
        if (WhyNoBacklog(backlog, host) is { } obstacle)
        {
            found.ErrorIf(options.HighWaterMode == HighWaterMode.Spill, nameof(options.HighWaterMode), $"is 'Spill': {obstacle}");
            found.ErrorIf(options.AckLevel == AckLevel.Persisted, nameof(options.AckLevel), $"is 'Persisted': {obstacle}");
        }

        found.ErrorIf(options.BackoffMax < options.BackoffInitial, nameof(options.BackoffMax),
            $"is '{DurationText.Format(options.BackoffMax)}': it must not be below BackoffInitial, which is {DurationText.Format(options.BackoffInitial)}");

        // KPL silently clamps the one to the other (utils/time_sensitive.h).
        found.WarnIf(options.RecordMaxBufferedTime > options.RecordTtl, nameof(options.RecordMaxBufferedTime),
            $"is '{DurationText.Format(options.RecordMaxBufferedTime)}', longer than RecordTtl, which is {DurationText.Format(options.RecordTtl)}: records are sent before that ends");

        // As in KPL, a Kinesis record that is too large for any call is still sent, alone.
        found.WarnIf(options.AggregationEnabled && options.AggregationMaxSize > options.CollectionMaxSize, nameof(options.AggregationMaxSize),
            $"is '{options.AggregationMaxSize}', more than CollectionMaxSize, which is {options.CollectionMaxSize}: each larger aggregate takes a call of its own");
        CheckOrder(found, options);
        CheckRouting(found, options);
        return found;
    }

    /// <summary>Checks what was set for one stream alone: its name, and its part of the process' memory.</summary>
    public static OptionsFindings CheckPart(KplOptions process, StreamOptions stream)
    {
        OptionsFindings found = [];
        found.WarnIf(stream.MaxOutstandingBytes > process.MaxOutstandingBytes, nameof(stream.MaxOutstandingBytes),
            $"is '{stream.MaxOutstandingBytes}', more than Kpl:MaxOutstandingBytes, which is {process.MaxOutstandingBytes} and holds for all streams together");
        found.WarnIf(process.MaxOutstandingRecords > 0 && stream.MaxOutstandingRecords > process.MaxOutstandingRecords, nameof(stream.MaxOutstandingRecords),
            $"is '{stream.MaxOutstandingRecords}', more than Kpl:MaxOutstandingRecords, which is {process.MaxOutstandingRecords} and holds for all streams together");
        return found;
    }

    /// <summary>
    /// Checks the conditions for SequenceNumberForOrdering. AWS guarantees its order only for records of one partition key, so all
    /// Kinesis records of a shard must have the same one for as long as the shard exists. Producer numbers need aggregates as well.
    /// </summary>
    private static void CheckOrder(OptionsFindings found, StreamOptions options)
    {
        const string aggregation = nameof(options.AggregationEnabled);
        var isOne = options.Ordered == OrderedMode.PutRecord;
        found.ErrorIf(options is { ProducerNumbers: true, AggregationEnabled: false }, aggregation,
            "is 'false': with ProducerNumbers every Kinesis record is an aggregate, because only an aggregate can carry them");
        found.ErrorIf(options is { Ordered: OrderedMode.PutRecords, ContainerKey: ContainerKey.SameKeyOnly }, nameof(options.ContainerKey),
            "is 'SameKeyOnly': with Ordered it must be A or First, because aggregates of one key each leave in another order than their records came");
        found.ErrorIf(isOne && !options.AggregationEnabled, aggregation,
            "is 'false': with Ordered PutRecord every Kinesis record is an aggregate, because its order holds for one partition key only; PutRecords goes without");
        found.ErrorIf(isOne && options.ContainerKey != ContainerKey.A, nameof(options.ContainerKey),
            $"is '{options.ContainerKey}': with Ordered PutRecord it must be A, because its order holds for one partition key only; PutRecords takes any");
    }

    /// <summary>Checks what cannot be where the records of one key are on different shards.</summary>
    private static void CheckRouting(OptionsFindings found, StreamOptions options)
    {
        const string why = "because it spreads the records of one key over all shards; set Routing to ByKey, or";
        found.ErrorIf(options is { Routing: RoutingMode.Even, Ordered: not OrderedMode.Off }, nameof(options.Routing),
            $"is 'Even': with Ordered '{options.Ordered}' it must be ByKey, {why} Ordered to Off");
        found.ErrorIf(options is { Routing: RoutingMode.Even, ContainerKey: ContainerKey.SameKeyOnly }, nameof(options.Routing),
            $"is 'Even': with ContainerKey 'SameKeyOnly' it must be ByKey, {why} ContainerKey to A");
    }

    /// <summary>Explains why there is no backlog, and which setting would help; null if there is one.</summary>
    private static string? WhyNoBacklog(BacklogOptions backlog, BacklogHost host) => (host, backlog.Directory) switch
    {
        (BacklogHost.Embedded, null) => "it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it",
        (BacklogHost.LocalSilo, null) =>
            "it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it, or Kpl:Cluster:Membership to dynamodb, where it is a table",
        _ => null,
    };
}
