using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Even;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Watching;
using Orleans.Kpl.Pipeline.Whole;

namespace Orleans.Kpl.Pipeline;

/// <summary>Which features hang on the road of a stream with given settings.</summary>
internal static class StreamWiring
{
    /// <summary>The settings of the steps.</summary>
    /// <param name="staysHere">Whether no record leaves memory before it has ended, for the backlog or another process.</param>
    public static PipelineSettings SettingsOf(string stream, StreamOptions options, PipelineServices services, bool staysHere)
    {
        var settings = PipelineSettings.Of(options);
        if (!settings.AlwaysWrap)
            return settings;
        var numbers = new ProducerNumbers(services.NewRandom(), services.Clock.Time);
        settings.NewNumbers = numbers.NewLine;
        // Elsewhere a record that leaves gets a new number, and the one that it had never comes.
        if (options.ProducerNumbers || staysHere)
            services.Numbers.Add(stream, numbers);
        return settings;
    }

    /// <summary>The features that hang on each engine.</summary>
    /// <param name="all">How much waits for all shards together; null where records wait for their own.</param>
    /// <param name="newMeter">Returns what telemetry keeps of a shard; null for nothing.</param>
    public static EngineFeatures FeaturesOf(
        PipelineSettings settings, StreamHorizon horizon, LoadSettings load, ShardHorizon? all = null, Func<string, ShardMeter>? newMeter = null) => new()
    {
        NewPolicy = settings.KeepsOrder ? static (engine, services) => new ShardSuccession(engine, services).Sending : null,
        NewWatch = engine => new EngineWatch(engine, settings, load, horizon, all, newMeter?.Invoke(engine.Range.ShardId)),
        NewGroup = settings.IsByKey ? static (first, newAggregate) => new KeyedAggregates(Boundaries.None, first, newAggregate) : null,
        NewTokens = settings.Options.AdaptiveRate ? static (engine, limits, now) => new AdaptiveBucket(limits, now, engine) : null,
    };

    /// <summary>
    /// Creates the router of a stream, and the route of puts that ask for <see cref="RoutingMode.Even"/> where the stream goes by key; null where they get
    /// none.
    /// </summary>
    /// <param name="owners">Take records of shards that other processes serve; null where this process serves all shards.</param>
    /// <param name="all">How much waits for all shards together; null where records wait for their own.</param>
    public static (RecordRouter Router, EvenRoute? Even) RouterOf(
        PipelineSettings settings, PipelineServices services, RouteTable table, RecordCompleter completer, IShardOwners? owners, MemoryLimit memory,
        ShardHorizon? all)
    {
        EvenTargets NewTargets() => new(table, settings, services.NewRandom(), memory, all);
        if (settings.IsEven)
            return (new EvenRouter(settings, table, completer, owners, NewTargets()), null);
        var router = RouterByKey(settings, table, completer, owners);
        return (router, settings.KeepsOrder ? null : new EvenRoute(new Lazy<EvenTargets>(NewTargets), router));
    }

    /// <summary>Creates the router of a stream whose records go to the shards of their keys.</summary>
    public static RecordRouter RouterByKey(PipelineSettings settings, RouteTable table, RecordCompleter completer, IShardOwners? owners) =>
        owners is null ? new RecordRouter(settings, table, completer)
        : settings.KeepsOrder ? new QueuedRouter(settings, table, completer, owners)
        : new OwnersRouter(settings, table, completer, owners);

    /// <summary>Creates what moves Kinesis records away from a shard that throttles; null where they stay.</summary>
    /// <param name="takeApart">Takes those apart that do not move.</param>
    public static EvenMoves? MovesOf(PipelineSettings settings, PipelineServices services, RouteTable table, Action<KinesisRecord> takeApart)
    {
        if (!settings.IsEven)
            return null;
        var random = services.NewRandom();
        return new EvenMoves(settings, new EvenShards(table, random, onlyHere: true), random, takeApart);
    }

    /// <summary>Links what stands between a put and the road, from the last to the first.</summary>
    /// <param name="relieve">Frees memory, because a caller waits for it.</param>
    /// <param name="backlog">The durable backlog; null where the process has none.</param>
    /// <param name="isUnknown">Whether Kinesis did not know the stream when it was asked last.</param>
    /// <param name="asked">Completes when it was asked for the first time, whatever the answer.</param>
    /// <param name="even">Routes the records of puts that ask for <see cref="RoutingMode.Even"/>; null where all go by the stream's own routing.</param>
    public static TimedIntake AdmissionOf(
        PipelineSettings settings, PipelineServices services, StreamTelemetry telemetry, MemoryLimit limits, Action relieve,
        RecordAcceptor acceptor, StreamHorizon horizon, ShardTopology topology, IRecordLimit limit, IRoute router, StreamBacklog? backlog,
        Func<bool> isUnknown, Task asked, EvenRoute? even)
    {
        var clock = services.Clock;
        var spill = backlog is { Spill: not null } spilling
            ? new SpillAdmission(settings, limits, acceptor, clock, telemetry, relieve, spilling, router)
            : null;
        var memory = spill ?? new MemoryAdmission(settings, limits, acceptor, clock, telemetry, relieve);
        Func<PutOptions?, bool>? passes = backlog is null ? null
            : o => BacklogAdmission.UseOf(settings, o) == BacklogUse.Asked && backlog.State.TakesAsked;
        var gate = new HorizonGate(settings, clock, telemetry, horizon, topology, passes);
        var whole = new WholeBatchIntake(settings, memory, acceptor, gate, spill);
        Admission chain = new HorizonAdmission(settings, services.Batches, acceptor, gate, whole, memory, spill);
        Func<PutOptions?, Offer> offerFor = static options => new Offer(options);
        var spread = even is null ? null : new EvenAdmission(even, chain);
        chain = spread ?? chain;
        if (backlog is not null)
        {
            var stored = new BacklogAdmission(backlog, settings, isUnknown, router, even, chain);
            (chain, offerFor) = (stored, stored.OfferFor);
        }

        chain = new RecordIntake(settings, limit, services.Batches, acceptor, chain);
        Func<PutOptions?, Offer> ofBatch = spread is null ? offerFor : options => spread.Amend(offerFor(options));
        chain = new LongBatchIntake(settings, limit, services.Batches, acceptor, gate, whole, ofBatch, chain);
        var behind = backlog is not null && settings.KeepsOrder ? new BehindBacklog(backlog, settings, services.Batches, clock.Time, chain) : null;
        chain = behind ?? chain;
        if (backlog is not null)
            chain = new FirstAnswerAdmission(settings, asked, clock, chain);
        if (settings.KeepsOrder)
        {
            var ordered = new OrderedIntake(chain);
            chain = behind is null ? ordered : new BehindBacklogLimit(behind, () => ordered.IsBusy, clock.Time, ordered);
        }

        return new TimedIntake(settings, clock.Time, chain);
    }
}
