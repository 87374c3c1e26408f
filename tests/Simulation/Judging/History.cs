using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Cluster;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>One plan carried out, from its beginning until all is over and judged.</summary>
internal sealed class History
{
    /// <summary>By then after the last fault everything has ended.</summary>
    private static readonly TimeSpan Patient = TimeSpan.FromMinutes(10);

    /// <summary>No history needs so many events: it turns in circles.</summary>
    private const long MostSteps = 2_000_000;

    /// <summary>So often producers are started again in the end, to deliver what others left.</summary>
    private const int MostStarts = 3;

    private static readonly TimeSpan RestartsEvery = TimeSpan.FromMilliseconds(700);

    private readonly World _world;
    private readonly Plan _plan;
    private readonly KinesisService _service;
    private readonly List<ProcessHost> _hosts = [];
    private readonly Callers _callers;
    private readonly SimulatedCluster? _cluster;
    private readonly HistoryCounts _counts = new();
    private readonly StreamContents _contents;
    private readonly ServiceStream _stream;
    private readonly Judge _judge;
    private readonly long _quietAt;
    private Phase _phase;
    private readonly long _deadline;
    private int _inspections;
    private int _starts;
    private bool _losesMetrics;

    private History(Plan plan, PlantedDefect planted, Action<string>? trace)
    {
        _plan = plan;
        _world = new World(plan.Seed, trace) { HasOwnTimestamps = plan.AsksForAll };
        _service = new KinesisService(_world);
        _contents = new StreamContents(_world);
        if (OrderCheck.KeepsDeadLetters(plan))
            _service.Sent = _contents.NoteAttempt;
        _stream = _service.Add(ProducerHost.Stream, plan.Shards, plan.InWindows, _contents);
        _cluster = plan.Silos > 0 ? new SimulatedCluster(_world, _service, plan) : null;
        if (_cluster is not null)
            _hosts.AddRange(_cluster.Hosts);
        for (var i = 0; i < plan.Clients; i++)
            _hosts.Add(new ClusterClientHost(_world, _cluster!, plan, i));
        for (var i = 0; i < plan.Producers && _cluster is null; i++)
            _hosts.Add(new ProducerHost(_world, _service, plan, i));
        _callers = new Callers(_world, plan, _hosts);
        _judge = new Judge(_world, plan, _callers, _hosts, _contents, _counts, _cluster?.Fronts);
        _quietAt = Math.Max((plan.LoadTime + plan.Pause).Ticks, plan.HealedAt.Ticks) + TimeSpan.TicksPerSecond;
        _deadline = _quietAt + Patient.Ticks;
        _world.Inspect = Inspect;
        _world.IsOver = () => _phase == Phase.Over;
        if (_cluster is not null && FormerOwners.CanJudge(plan))
            JudgeOwners(_cluster);
        Plant(planted);
    }

    private enum Phase
    {
        Running,
        Draining,
        Over,
    }

    /// <summary>Carries out a plan.</summary>
    public static HistoryEnd Run(Plan plan, PlantedDefect planted = PlantedDefect.None, Action<string>? trace = null)
    {
        var history = new History(plan, planted, trace);
        using var world = history._world;
        foreach (var line in trace is null ? [] : plan.Describe())
            trace!(line);
        OneThread.Run(world, history.Begin);
        if (world.Violations.Count == 0 && history._phase != Phase.Over)
            world.Violate($"nothing will ever happen again: {history.Open()}");
        return new HistoryEnd(plan, world.Violations.FirstOrDefault(), history._callers.Tickets.Count, world.Now, world.Steps, world.Spins)
        {
            Counts = history._counts,
        };
    }

    private void JudgeOwners(SimulatedCluster cluster)
    {
        var judge = new FormerOwners(_world, cluster.OwnerOf, _counts);
        _service.Arrived = judge.Arrived;
        cluster.Rows.Written = (kind, key) =>
        {
            if (kind == SimulatedCluster.Epochs)
                judge.Written(key);
        };
    }

    private void Begin()
    {
        foreach (var host in _hosts)
            host.TryStart();
        _callers.Begin();
        var faults = new FaultRunner(_world, _service, _stream, _hosts, _cluster);
        foreach (var fault in _plan.Faults)
            faults.Schedule(fault);
        _world.After(RestartsEvery, Restart);
        _world.At(_quietAt, Drain);
    }

    /// <summary>What went down is started again before long, until the end.</summary>
    private void Restart()
    {
        if (_phase != Phase.Running)
            return;
        foreach (var host in _hosts.Where(h => h.IsDown && (_world.Now >= _quietAt || _world.Happens(0.4))))
            host.TryStart();
        _world.After(RestartsEvery, Restart);
    }

    private void Inspect()
    {
        // Checking costs more than most events.
        if (++_inspections % 16 == 0 || _phase != Phase.Running)
            _judge.CheckInstant();
        if (_world.Now > _deadline || _world.Steps > MostSteps)
            _world.Violate($"{TimeSpan.FromTicks(_world.Now - _quietAt)} after the last fault, at step {_world.Steps}: {Open()}");
    }

    /// <summary>Once every record has ended and the backlogs are empty, the producers are drained, and the history is judged.</summary>
    private void Drain()
    {
        if (_callers.Tickets.Any(static t => t.IsOpen) || _hosts.Any(static h => h.IsDown || h.IsDraining || !h.IsIdle))
        {
            _world.After(TimeSpan.FromSeconds(1), Drain);
            return;
        }

        _phase = Phase.Draining;
        _ = EndAsync();
    }

    private async Task EndAsync()
    {
        try
        {
            await Task.WhenAll(_hosts.Select(static h => h.DrainAsync())).ConfigureAwait(false);
            if (_starts < MostStarts && _hosts.Any(static h => h.Segments > 0))
            {
                // The last write was made after its process had given it up. The next process finds it.
                _starts++;
                _phase = Phase.Running;
                Restart();
                Drain();
                return;
            }

            foreach (var counted in _hosts.SelectMany(static h => h.Counted))
                counted.LosesPut = _losesMetrics;
            _judge.CheckEnd();
        }
        catch (Exception e)
        {
            _world.Violate($"draining threw {e}");
        }

        _phase = Phase.Over;
    }

    private string Open()
    {
        var open = _callers.Tickets.Where(static t => t.IsOpen).ToList();
        var hosts = string.Join("; ", _hosts.Select(static h => $"{h.Process.Name} {(h.IsDown ? "down" : h.IsDraining ? "draining" : "up")}, {h.Segments} segments, {h.Detail} {h.Ledger}"));
        return $"{open.Count} records have not ended, the first is {(open.Count == 0 ? "none" : $"{open[0]}, accepted {open[0].AcceptedAt is not null}")}; {hosts}";
    }

    private void Plant(PlantedDefect planted)
    {
        switch (planted)
        {
            case PlantedDefect.LosesRecords:
                _service.LosesEveryEntry = 5;
                break;
            case PlantedDefect.DoublesOutcomes:
                _callers.DoublesEvery = 20;
                break;
            case PlantedDefect.Reorders:
                _contents.Reverses = true;
                break;
            case PlantedDefect.Hangs:
                _service.Hangs = true;
                break;
            case PlantedDefect.TakesTooMuchMemory:
                var options = _plan.Options.Snapshot();
                options.MaxOutstandingBytes *= 2;
                foreach (var host in _hosts)
                    host.Options = options;
                break;
            case PlantedDefect.StoresTwice:
                _service.DoublesEveryEntry = 5;
                break;
            case PlantedDefect.LosesMetrics:
                _losesMetrics = true;
                break;
            case PlantedDefect.SendsAgainAsNew when _cluster is not null:
                _cluster.SendsAgainAsNew = true;
                break;
            case PlantedDefect.EndsFlushes:
                _callers.EndsFlushes = true;
                break;
            case PlantedDefect.LosesFailures:
                _hosts.ForEach(static h => h.LosesFailures = true);
                break;
            default:
                break;
        }
    }
}

/// <summary>How a history ended.</summary>
/// <param name="Plan">What was carried out.</param>
/// <param name="Violation">What was found wrong first; null for nothing.</param>
/// <param name="Records">Records that callers put.</param>
/// <param name="Ticks">Simulated time.</param>
/// <param name="Steps">Events that happened.</param>
/// <param name="Spins">Whether its work never comes to rest: then no other history can run in this process.</param>
internal sealed record HistoryEnd(Plan Plan, string? Violation, int Records, long Ticks, long Steps, bool Spins = false)
{
    /// <summary>What is allowed, and therefore counted.</summary>
    public HistoryCounts Counts { get; init; } = new();

    public bool HasFailed => Violation is not null;
}

/// <summary>Makes a history that fails smaller: faults are left out while it still fails, in halves first and then one by one.</summary>
internal static class Shrinker
{
    /// <summary>Returns the smallest history that was found. It fails, perhaps for another reason than the first one.</summary>
    public static HistoryEnd Shrink(HistoryEnd failed, Func<Plan, HistoryEnd> run)
    {
        var smallest = failed;
        for (var part = Math.Max(1, failed.Plan.Faults.Count / 2); ; part = Math.Max(1, part / 2))
        {
            var isSmaller = false;
            for (var from = 0; from < smallest.Plan.Faults.Count;)
            {
                var fewer = smallest.Plan with { Faults = [.. smallest.Plan.Faults.Where((_, i) => i < from || i >= from + part)] };
                var end = run(fewer);
                if (end.HasFailed)
                    (smallest, isSmaller) = (end, true);
                else
                    from += part;
            }

            if (part == 1 && !isSmaller)
                return smallest;
        }
    }
}
