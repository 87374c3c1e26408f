using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>The metrics that are read when somebody collects.</summary>
internal static class MetricGauges
{
    /// <summary>Adds them to a meter.</summary>
    public static void AddTo(Meter meter, Func<IEnumerable<IMeasuredStream>> streams)
    {
        Gauge<long>(KplMetrics.UserRecordsPending, static s => s.Ledger.InFlight);
        Gauge<long>(KplMetrics.OutstandingBytes, static s => s.OutstandingBytes);
        Gauge<double>(KplMetrics.OldestRecordAge, static s => s.OldestRecordAge.TotalSeconds);
        Gauge<long>(KplMetrics.OpenShards, static s => s.ServedMeasures.Count());
        Gauge<long>(KplMetrics.KinesisRelayed, static s => s.IsRelayed is { } isRelayed ? isRelayed ? 1 : 0 : null);
        ShardGauge(KplMetrics.ForeignShare, static s => s.ForeignShare);
        ShardGauge(KplMetrics.ShardUtilisation, static s => s.Utilisation);
        BacklogGauge(KplMetrics.BacklogRecords, static s => s.Records);
        BacklogGauge(KplMetrics.BacklogBytes, static s => s.Bytes);
        BacklogGauge(KplMetrics.BacklogAge, static s => s.OldestAge.TotalSeconds);
        BacklogGauge(KplMetrics.BacklogStoreUnusable, static s => s.StoreError is null ? 0L : 1L);
        BacklogCounter(KplMetrics.BacklogWriteUnits, static s => s.WriteUnits);
        BacklogCounter(KplMetrics.BacklogCost, static s => s.Cost);

        void Gauge<T>(MetricDefinition metric, Func<IMeasuredStream, T?> value)
            where T : struct =>
            meter.CreateObservableGauge(metric.Name, () => OfStreams(value), metric.Unit, metric.Meaning);

        void ShardGauge(MetricDefinition metric, Func<ShardMeasures, double?> value) =>
            meter.CreateObservableGauge(metric.Name, () => OfShards(value), metric.Unit, metric.Meaning);

        void BacklogGauge<T>(MetricDefinition metric, Func<BacklogStatus, T> value)
            where T : struct =>
            Gauge<T>(metric, s => s.BacklogStatus is { } status ? value(status) : null);

        void BacklogCounter<T>(MetricDefinition metric, Func<BacklogStatus, T> value)
            where T : struct =>
            meter.CreateObservableCounter(
                metric.Name, () => OfStreams<T>(s => s.BacklogStatus is { } status ? value(status) : null), metric.Unit, metric.Meaning);

        IEnumerable<Measurement<double>> OfShards(Func<ShardMeasures, double?> value) =>
            from s in streams()
            from shard in s.ServedMeasures
            let v = value(shard)
            where v is not null
            select new Measurement<double>(v.Value, KplInstruments.Tags(s.Stream, shard.ShardId));

        IEnumerable<Measurement<T>> OfStreams<T>(Func<IMeasuredStream, T?> value)
            where T : struct =>
            from s in streams()
            let v = value(s)
            where v is not null
            select new Measurement<T>(v.Value, KplInstruments.Tags(s.Stream));
    }
}

/// <summary>One stream, as gauges read it when somebody collects.</summary>
internal interface IMeasuredStream
{
    /// <summary>The stream's name.</summary>
    string Stream { get; }

    /// <summary>The counts of its records.</summary>
    StreamLedger Ledger { get; }

    /// <summary>The memory that its records hold, in bytes.</summary>
    long OutstandingBytes { get; }

    /// <summary>How long its oldest record without an outcome has been waiting.</summary>
    TimeSpan OldestRecordAge { get; }

    /// <summary>Whether other silos make its calls now; null where there are none.</summary>
    bool? IsRelayed => null;

    /// <summary>Its durable backlog; null where it has none.</summary>
    BacklogStatus? BacklogStatus => null;

    /// <summary>The shards that this process serves; empty where it serves none, or does not know them.</summary>
    IEnumerable<ShardMeasures> ServedMeasures => [];
}

/// <summary>One shard that this process serves.</summary>
/// <param name="ForeignShare">The share of its rate that is left to other writers; null where that is not watched.</param>
/// <param name="Utilisation">What was offered to it in its last whole minute, as a share of what it takes; null where there is no whole minute.</param>
internal readonly record struct ShardMeasures(string ShardId, double? ForeignShare, double? Utilisation);
