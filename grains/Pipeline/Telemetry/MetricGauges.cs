using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>The metrics that are read when somebody collects.</summary>
internal static class MetricGauges
{
    /// <summary>Adds them to a meter.</summary>
    /// <param name="streams">Returns the streams that are read.</param>
    public static void AddTo(Meter meter, Func<IEnumerable<IMeasuredStream>> streams)
    {
        Gauge(KplMetrics.UserRecordsPending, static s => s.Ledger.InFlight);
        Gauge(KplMetrics.OutstandingBytes, static s => s.OutstandingBytes);
        Gauge(KplMetrics.OldestRecordAge, static s => s.OldestRecordAge.TotalSeconds);
        Gauge(KplMetrics.OpenShards, static s => (long)s.ServedMeasures.Count());
        ShardGauge(KplMetrics.ForeignShare, static s => s.ForeignShare);
        ShardGauge(KplMetrics.ShardUtilisation, static s => s.Utilisation);
        BacklogGauge(KplMetrics.BacklogRecords, static s => s.Records);
        BacklogGauge(KplMetrics.BacklogBytes, static s => s.Bytes);
        BacklogGauge(KplMetrics.BacklogAge, static s => s.OldestAge.TotalSeconds);
        BacklogCounter(KplMetrics.BacklogWriteUnits, static s => s.WriteUnits);
        BacklogCounter(KplMetrics.BacklogCost, static s => s.Cost);

        void Gauge<T>(MetricDefinition metric, Func<IMeasuredStream, T> value)
            where T : struct =>
            meter.CreateObservableGauge(
                metric.Name, () => streams().Select(s => new Measurement<T>(value(s), KplInstruments.Tags(s.Stream))), metric.Unit, metric.Meaning);

        void ShardGauge(MetricDefinition metric, Func<ShardMeasures, double?> value) =>
            meter.CreateObservableGauge(metric.Name, () => OfShards(value), metric.Unit, metric.Meaning);

        void BacklogGauge<T>(MetricDefinition metric, Func<BacklogStatus, T> value)
            where T : struct =>
            meter.CreateObservableGauge(metric.Name, () => OfBacklogs(value), metric.Unit, metric.Meaning);

        void BacklogCounter<T>(MetricDefinition metric, Func<BacklogStatus, T> value)
            where T : struct =>
            meter.CreateObservableCounter(metric.Name, () => OfBacklogs(value), metric.Unit, metric.Meaning);

        IEnumerable<Measurement<double>> OfShards(Func<ShardMeasures, double?> value) =>
            from s in streams()
            from shard in s.ServedMeasures
            let v = value(shard)
            where v is not null
            select new Measurement<double>(v.Value, KplInstruments.Tags(s.Stream, shard.ShardId));

        IEnumerable<Measurement<T>> OfBacklogs<T>(Func<BacklogStatus, T> value)
            where T : struct =>
            from s in streams()
            let status = s.BacklogStatus
            where status is not null
            select new Measurement<T>(value(status), KplInstruments.Tags(s.Stream));
    }
}
