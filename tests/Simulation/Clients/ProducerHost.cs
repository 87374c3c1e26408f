using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Tests.Files;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Plans;
using Orleans.Kpl.Simulation.Service;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where a producer runs: its processes come one after the other, over one backlog.</summary>
internal sealed class ProducerHost(World world, KinesisService service, Plan plan, int index)
{
    public const string Stream = "events";
    private const string Folder = "/backlog";

    private readonly List<SimulatedProcess> _lives = [];
    private FragileFiles _disk = new(int.MaxValue);
    private FileBacklogStore? _folder;
    private Task? _draining;

    public string Name => $"p{index}";

    /// <summary>How the store of its backlog fares.</summary>
    public StoreWeather Weather { get; } = new();

    public BacklogTable Table { get; } = new();

    /// <summary>Its process, or its last one.</summary>
    public SimulatedProcess Process => _lives[^1];

    public int Life => _lives.Count - 1;

    public ProducerPipeline? Producer { get; private set; }

    /// <summary>Planted: other settings than the plan's.</summary>
    public KplOptions? Options { get; set; }

    public RecordedEvents Events { get; private set; } = new(world, "");

    /// <summary>Whether records can be put.</summary>
    public bool IsRunning => Producer is not null && _draining is null && !Process.IsDead;

    /// <summary>Whether its process drains.</summary>
    public bool IsDraining => _draining is { IsCompleted: false } && !Process.IsDead;

    /// <summary>Whether there is no process: it died, or has drained.</summary>
    public bool IsDown => Process.IsDead || _draining is { IsCompleted: true };

    /// <summary>The disk, where the current process has one.</summary>
    public FaultyDisk? Disk { get; private set; }

    /// <summary>Segments that lie in its backlog.</summary>
    public int Segments => plan.Store switch
    {
        StoreKind.Table => Table.Segments,
        StoreKind.Folder => _disk.Files($"{Folder}/{Stream}/records").Count(static f => f.Name.EndsWith(".segment", StringComparison.Ordinal)),
        _ => 0,
    };

    /// <summary>Dead letters of its current process.</summary>
    public long DeadLettered => Producer?.GetLedger(Stream).DeadLettered ?? 0;

    /// <summary>Whether its process has nothing more to do.</summary>
    public bool IsIdle => Segments == 0 && Producer?.GetLedger(Stream) is { InFlight: 0, InBacklog: 0 };

    /// <summary>Whether nobody waits for outcomes of that life any more.</summary>
    public bool IsGone(int life) => _lives[life].IsDead;

    /// <summary>Starts a process. False where its backlog cannot be opened now.</summary>
    public bool TryStart()
    {
        var process = new SimulatedProcess(world, $"{Name}.{_lives.Count}", TimeSpan.FromSeconds(world.Dice.NextDouble() * 2 - 1));
        Disk = null;
        IBacklogStore? store = null;
        try
        {
            if (plan.Store == StoreKind.Folder)
                store = _folder = FileBacklogStore.Open(Disk = new FaultyDisk(_disk, process, Weather), Folder, BacklogSync.Always);
            else if (plan.Store == StoreKind.Table)
                store = new TableBacklogStore(world, process, Table, Weather);
        }
        catch (BacklogStoreException e)
        {
            if (world.IsTracing)
                world.Say(process.Name, $"cannot start: {e.Message}");
            if (_lives.Count == 0)
                throw;
            return false;
        }

        _lives.Add(process);
        _draining = null;
        Events = new RecordedEvents(world, process.Name);
        if (world.IsTracing)
            world.Say(process.Name, "starts");
        Producer = new ProducerPipeline(Options ?? plan.Options, new ServiceGateway(service, process), Events, process.Time, new Random(world.Dice.Next()),
            backlog: store is null ? null : new BacklogServices { Store = store });
        return true;
    }

    /// <summary>Drains the process, as SIGTERM does.</summary>
    public Task DrainAsync()
    {
        if (world.IsTracing)
            world.Say(Process.Name, "drains");
        return _draining ??= DisposeAsync();
    }

    /// <summary>Ends the power of its machine: what was not synced may be lost.</summary>
    public void LosePower()
    {
        Process.Kill();
        if (plan.Store == StoreKind.Folder)
            _disk = _disk.PowerOn(new Random(world.Dice.Next()), int.MaxValue);
    }

    private async Task DisposeAsync()
    {
        await Producer!.DisposeAsync().ConfigureAwait(false);
        if (_folder is not null)
            await _folder.DisposeAsync().ConfigureAwait(false);
        if (world.IsTracing)
            world.Say(Process.Name, $"has drained: {Producer.GetLedger(Stream)}");
    }
}
