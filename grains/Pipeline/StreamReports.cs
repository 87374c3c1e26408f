using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline;

/// <summary>Makes the reports of a stream and of its shards in this process.</summary>
internal static class StreamReports
{
    extension(StreamPipeline stream)
    {
        /// <summary>The stream in this process at a glance.</summary>
        public StreamReport Report()
        {
            var (clock, ledger) = (stream.Clock, stream.Ledger);
            var degraded = stream.Health.Find(clock.Now);
            return new StreamReport
            {
                Stream = stream.Stream,
                Shards = Served(stream).Count(),
                Ledger = ledger,
                OldestSeconds = ledger.InFlight == 0 ? 0 : stream.OldestRecordAge.TotalSeconds,
                Calls = stream.Telemetry.Calls,
                KinesisRecords = stream.Telemetry.KinesisRecords,
                DegradedSince = degraded is null ? null : clock.ToUtc(degraded.Since),
                DegradedCode = degraded is null ? null : AwayCodes.Shown(degraded.StateCode),
            };
        }

        /// <summary>The observations of this process about the shards that it serves, now.</summary>
        public IReadOnlyList<ShardObservation> Observations() => [.. Served(stream).Select(static e => Of(e))];

        /// <summary>
        /// The open shards that this process serves, with the observed load of each; null where nothing has been sent to the shard yet.
        /// </summary>
        public IReadOnlyList<(string ShardId, ShardLoadReport? Report)> LoadReports() => [.. Served(stream).Select(static e => (e.Range.ShardId, e.Load))];
    }

    private static IEnumerable<ShardEngine> Served(StreamPipeline stream) =>
        stream.Routes.All.Where(static e => e.Kind == EngineKind.Predicted && !e.IsElsewhere);

    private static ShardObservation Of(ShardEngine engine)
    {
        var counts = engine.Counts();
        var (fill, foreignShare) = engine.Bucket();
        return new ShardObservation
        {
            ShardId = engine.Range.ShardId,
            StartingHashKey = engine.Range.StartingHashKey,
            EndingHashKey = engine.Range.EndingHashKey,
            Bucket = fill,
            PaysOffSeconds = engine.SecondsToPayOff(fill),
            ForeignShare = foreignShare,
            OthersShare = counts?.OthersShare ?? 0,
            HeaviestKey = counts?.HeaviestKey,
            Minute = counts is { } some ? NumbersOf(some.Running) : [],
            LastMinute = counts is { Last: { } last } ? NumbersOf(last) : [],
        };
    }

    private static long[] NumbersOf(MinuteCount minute) =>
        [minute.UserRecords, minute.OfferedRecords, minute.OfferedBytes, minute.Delivered, minute.DeliveredBytes, minute.Throttled];
}
