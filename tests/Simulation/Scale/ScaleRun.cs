using System.Diagnostics;
using Orleans.Kpl.Simulation.Cluster;

namespace Orleans.Kpl.Simulation.Scale;

/// <summary>
/// One cluster of real silos at the size that it is made for, under its usual load. All silos restart one after the other, a third of them is lost
/// at once and comes back, and the shards are doubled.
/// </summary>
internal sealed class ScaleRun
{
    /// <summary>Silos need so long until they have met.</summary>
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(5);

    /// <summary>After the last record was put, each has ended by then.</summary>
    private static readonly TimeSpan Patient = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly World _world;
    private readonly ScalePlan _plan;
    private readonly KinesisService _service;
    private readonly SimulatedCluster _cluster;
    private readonly ScaleRecords _records;
    private readonly List<ScaleStream> _streams = [];
    private readonly List<ShardSpread> _spreads = [];
    private readonly List<double> _restarts = [];
    private readonly Action<string> _tell;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private bool _isOver;

    private ScaleRun(ScalePlan plan, Action<string> tell, Action<string>? trace)
    {
        (_plan, _tell) = (plan, tell);
        _world = new World(plan.Seed, trace);
        _service = new KinesisService(_world);
        _records = new ScaleRecords(_world);
        var options = new KplOptions();
        if (plan.Ordered > 0)
            options.ForStream(ScalePlan.OrderedStream, static s => s.Ordered = OrderedMode.PutRecords);
        _cluster = new SimulatedCluster(_world, _service, SiloPlanOf(plan, options))
        {
            Passes = null,
            Control = process => new ServiceControl(_service, process) { UpdateTakes = plan.DoublingTakes },
        };
        AddStream(ScalePlan.Stream, plan.Shards - plan.Ordered);
        if (plan.Ordered > 0)
            AddStream(ScalePlan.OrderedStream, plan.Ordered);
        _world.IsOver = () => _isOver;
    }

    public ScalePlan Plan => _plan;

    /// <summary>What was found wrong first; null for nothing.</summary>
    public string? Violation => _world.Violations.FirstOrDefault();

    public ScaleOutcomes Outcomes { get; private set; } = null!;

    /// <summary>Error codes of outcomes, with their number.</summary>
    public IReadOnlyDictionary<string, long> Errors => _records.Errors;

    public IReadOnlyList<ScaleStream> Streams => _streams;

    public IReadOnlyList<ShardSpread> Spreads => _spreads;

    /// <summary>Seconds of each restart of a silo.</summary>
    public IReadOnlyList<double> Restarts => _restarts;

    public KinesisService Service => _service;

    /// <summary>What AWS allows, and what was used of it.</summary>
    public IReadOnlyList<CallRate> Quotas => [.. _service.Quotas.All, .. _cluster.Rows.Meter.All];

    /// <summary>Simulated time.</summary>
    public TimeSpan Simulated => TimeSpan.FromTicks(_world.Now);

    /// <summary>Events that happened.</summary>
    public long Steps => _world.Steps;

    /// <summary>Real time.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>Carries out a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="tell">Is told how far it has come.</param>
    /// <param name="trace">Is told what happens; null for nobody.</param>
    public static ScaleRun Run(ScalePlan plan, Action<string> tell, Action<string>? trace = null)
    {
        var run = new ScaleRun(plan, tell, trace);
        using var world = run._world;
        OneThread.Run(world, run.Begin);
        if (world.Violations.Count == 0 && !run._isOver)
            world.Violate("nothing will ever happen again");
        run.Outcomes = run._records.Judge();
        run.Took = run._clock.Elapsed;
        return run;
    }

    private static Plan SiloPlanOf(ScalePlan plan, KplOptions options) => new()
    {
        Seed = plan.Seed,
        Shards = plan.Shards,
        InWindows = false,
        Producers = 0,
        Silos = plan.Silos,
        Clients = 0,
        Store = StoreKind.None,
        Options = options,
        LoadTime = plan.Time,
        Puts = 0,
        LargestBatch = 0,
        LargestRecord = 0,
        Keys = 0,
        Faults = [],
    };

    private void AddStream(string name, int shards)
    {
        var contents = new CountedContents(_world, _records);
        var stream = _service.Add(name, shards, inWindows: false, contents);
        _streams.Add(new ScaleStream(name, stream, contents, new ScaleLoad(_world, _plan, name, stream, _records, _cluster.Hosts)));
    }

    private void Begin()
    {
        foreach (var host in _cluster.Hosts)
            host.TryStart();
        foreach (var stream in _streams)
            _world.After(Warm, stream.Load.Begin);
        _world.After(TimeSpan.FromSeconds(1), Watch);
        _ = CarryOutAsync();
    }

    /// <summary>Looks at each silo once a second.</summary>
    private void Watch()
    {
        foreach (var host in _cluster.Hosts.Where(static h => h.IsRunning))
        {
            var ledger = host.Ledger;
            if (ledger.Accepted != ledger.Delivered + ledger.Failed + ledger.Unknown + ledger.InFlight)
                _world.Violate($"the ledger of {host.Process.Name} does not balance: {ledger}");
        }

        if (_world.Now / TimeSpan.TicksPerSecond % 60 == 0)
            Tell("");
        _world.After(TimeSpan.FromSeconds(1), Watch);
    }

    private async Task CarryOutAsync()
    {
        try
        {
            await UntilAsync(_plan.RestartsAt).ConfigureAwait(false);
            NoteSpread("before the restarts");
            _records.Phase = "in restarts";
            await RestartAllAsync().ConfigureAwait(false);
            await UntilAsync(_plan.LostAt).ConfigureAwait(false);
            NoteSpread("after the restarts");
            _records.Phase = "after the zone was lost";
            LoseZone();
            await UntilAsync(_plan.BackAt).ConfigureAwait(false);
            NoteSpread("without the lost zone");
            _records.Phase = "while the zone comes back";
            foreach (var host in _cluster.Hosts.Where(static h => h.IsDown))
                host.TryStart();
            Tell("the lost zone starts");
            await UntilAsync(_plan.DoublesAt).ConfigureAwait(false);
            NoteSpread("with the zone again");
            _records.Phase = "while shards are doubled";
            await Task.WhenAll(_streams.Select(DoubleAsync)).ConfigureAwait(false);
            await UntilAsync(_plan.Time).ConfigureAwait(false);
            NoteSpread("with twice the shards");
            await EndAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _world.Violate($"the run threw {e}");
        }

        _isOver = true;
    }

    private async Task RestartAllAsync()
    {
        foreach (var host in _cluster.Hosts)
        {
            var begun = _world.Now;
            await host.DrainAsync().ConfigureAwait(false);
            await _world.WaitAsync(ScalePlan.StartTakes).ConfigureAwait(false);
            host.TryStart();
            while (!host.IsRunning)
                await _world.WaitAsync(Poll).ConfigureAwait(false);
            _restarts.Add(TimeSpan.FromTicks(_world.Now - begun).TotalSeconds);
        }

        Tell("all silos were restarted");
    }

    private void LoseZone()
    {
        var lost = _cluster.Hosts.Where(static h => ScalePlan.IsInLostZone(h.Index) && h.IsRunning).ToList();
        foreach (var host in lost)
            host.Process.Kill();
        var names = lost.Select(static h => h.Process.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var stream in _streams)
            stream.Contents.Sights.Lose(names);
        Tell($"{lost.Count} silos are lost");
    }

    /// <summary>Doubles the shards of a stream, as an operator does: through its manager.</summary>
    private async Task DoubleAsync(ScaleStream stream, int place)
    {
        // One command after the other: DescribeLimits may be called once a second.
        await _world.WaitAsync(TimeSpan.FromSeconds(5 * place)).ConfigureAwait(false);
        var silo = _cluster.Managers.PlaceOf(stream.Name, _cluster.Active[0], _world.Dice);
        var admin = _cluster.Managers.Of(stream.Name, silo).Admin;
        var started = await admin.ScaleAsync(2 * stream.Shards.OpenShards.Count, ReshardMethod.UpdateShardCount, CancellationToken.None).ConfigureAwait(false);
        Tell($"the shards of {stream.Name} are doubled: {started.OperationId}");
        while (await admin.GetOperationAsync(started.OperationId, CancellationToken.None).ConfigureAwait(false) is { EndedAt: null })
            await _world.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        var ended = await admin.GetOperationAsync(started.OperationId, CancellationToken.None).ConfigureAwait(false);
        if (ended.State != OperationState.Done)
            _world.Violate($"doubling {stream.Name} ended as {ended.State}: {ended.Reason}");
        Tell($"{stream.Name} has {stream.Shards.OpenShards.Count} shards");
    }

    private async Task EndAsync()
    {
        var until = _world.Now + Patient.Ticks;
        while (_streams.Any(static s => s.Load.Open > 0))
        {
            if (_world.Now > until)
                _world.Violate($"{_streams.Sum(static s => s.Load.Open)} batches have not ended {Patient} after the last record was put");
            await _world.WaitAsync(Poll).ConfigureAwait(false);
        }

        foreach (var host in _cluster.Hosts)
        {
            if (host.Ledger.InFlight != 0 || host.InMemory.Records != 0)
                _world.Violate($"{host.Process.Name} holds records at the end: {host.Ledger}, {host.InMemory}");
        }
    }

    private Task UntilAsync(TimeSpan instant) => _world.WaitAsync(TimeSpan.FromTicks(Math.Max(0, instant.Ticks - _world.Now)));

    private void NoteSpread(string when)
    {
        _spreads.Add(ShardSpread.Of(when, [.. _cluster.Hosts.Where(static h => h.IsRunning).Select(static h => h.Current.Node.Hosted.Count)]));
        Tell(_spreads[^1].ToString());
    }

    private void Tell(string what) => _tell(FormattableString.Invariant(
        $"{_clock.Elapsed.TotalSeconds,6:F0} s: simulated {TimeSpan.FromTicks(_world.Now):hh\\:mm\\:ss}, {_records.Count} records, {_world.Steps} events {what}"));
}
