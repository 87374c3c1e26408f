using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Rates;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Watching;
using Orleans.Kpl.Pipeline.Whole;

namespace Orleans.Kpl.Pipeline;

/// <summary>Which features hang on the road of a stream with given settings.</summary>
internal static class StreamWiring
{
    /// <summary>The settings of the steps.</summary>
    public static PipelineSettings SettingsOf(StreamOptions options, PipelineServices services)
    {
        var numbers = (options.Ordered != OrderedMode.Off || options.ProducerNumbers) && options.AggregationEnabled;
        return PipelineSettings.Of(options, numbers ? new ProducerNumbers(services.NewRandom()).NewLine : null);
    }

    /// <summary>What hangs on each engine.</summary>
    /// <param name="horizon">How much waits for each shard.</param>
    /// <param name="load">How the load of shards is observed.</param>
    public static EngineFeatures FeaturesOf(PipelineSettings settings, StreamHorizon horizon, LoadSettings load) => new()
    {
        NewSuccession = settings.KeepsOrder ? static (engine, services) => new ShardSuccession(engine, services) : null,
        NewWatch = engine => new EngineWatch(engine, settings, load, horizon),
        NewGroup = settings.IsByKey ? static (first, newAggregate) => new KeyedAggregates(Boundaries.None, first, newAggregate) : null,
        NewRate = settings.Options.AdaptiveRate ? static () => new AdaptiveRate() : null,
    };

    /// <summary>Links what stands between a put and the road, from the last to the first.</summary>
    /// <param name="acceptor">Accepts records whose memory is reserved.</param>
    /// <param name="horizon">How much waits for each shard.</param>
    /// <param name="limit">Learns the record size that the stream allows.</param>
    /// <param name="backlog">The durable backlog; null where the process has none.</param>
    /// <param name="isUnknown">Whether Kinesis did not know the stream when it was asked last.</param>
    public static TimedIntake AdmissionOf(
        PipelineSettings settings, PipelineServices services, StreamTelemetry telemetry, MemoryLimits limits, RecordAcceptor acceptor,
        StreamHorizon horizon, ShardTopology topology, IRecordLimit limit, IRoute router, StreamBacklog? backlog,
        Func<bool> isUnknown)
    {
        var clock = services.Clock;
        var memory = backlog is { Spill: not null } spilling
            ? new SpillAdmission(settings, limits, acceptor, clock, telemetry, services.Relieve, spilling, router)
            : new MemoryAdmission(settings, limits, acceptor, clock, telemetry, services.Relieve);
        Func<PutOptions?, bool>? passes = backlog is null ? null : o => BacklogAdmission.UseOf(settings, o) == BacklogUse.Asked;
        var gate = new HorizonGate(settings, clock, telemetry, horizon, topology, passes);
        var whole = new WholeBatchIntake(settings, memory, acceptor, gate);
        Admission chain = new HorizonAdmission(settings, services.Batches, acceptor, gate, whole, memory);
        Func<PutOptions?, Offer> offerFor = static options => new Offer(options);
        if (backlog is not null)
        {
            var stored = new BacklogAdmission(backlog, settings, isUnknown, router, chain);
            (chain, offerFor) = (stored, stored.OfferFor);
        }

        chain = new RecordIntake(settings, limit, services.Batches, acceptor, chain);
        chain = new LongBatchIntake(settings, limit, services.Batches, acceptor, gate, whole, offerFor, chain);
        if (backlog is not null && settings.KeepsOrder)
            chain = new BehindBacklog(backlog, settings, clock, chain);
        if (settings.KeepsOrder)
            chain = new OrderedIntake(chain);
        return new TimedIntake(settings, clock.Time, chain);
    }
}
