using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Tests.Files;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where a producer runs: its processes come one after the other, over one backlog.</summary>
internal sealed class ProducerHost(World world, KinesisService service, Plan plan, int index) : IHost
{
    public const string Stream = "events";
    private const string Folder = "/backlog";

    private readonly List<SimulatedProcess> _lives = [];
    private readonly List<CountedTerms> _counted = [];
    private FragileFiles _disk = new(int.MaxValue);
    private FileBacklogStore? _folder;
    private Task? _draining;
    private ProducerPipeline? _producer;

    public string Name => $"p{index}";

    public StoreWeather Weather { get; } = new();

    public BacklogTable Table { get; } = new();

    public SimulatedProcess Process => _lives[^1];

    public int Life => _lives.Count - 1;

    public IKplProducer? Producer => _producer;

    public StreamLedger Ledger => _producer?.GetLedger(Stream) ?? default;

    public IReadOnlyList<CountedTerms> Counted => _counted;

    public (long Bytes, long Records) InMemory => (_producer?.OutstandingBytes ?? 0, _producer?.OutstandingRecords ?? 0);

    public KplOptions? Options { get; set; }

    public RecordedEvents Events { get; private set; } = new(world, "");

    public bool IsRunning => Producer is not null && _draining is null && !Process.IsDead;

    public bool IsDraining => _draining is { IsCompleted: false } && !Process.IsDead;

    public bool IsDown => Process.IsDead || _draining is { IsCompleted: true };

    public FaultyDisk? Disk { get; private set; }

    public int Segments => plan.Store switch
    {
        StoreKind.Table => Table.Segments,
        StoreKind.Folder => _disk.Files($"{Folder}/{Stream}/records").Count(static f => f.Name.EndsWith(".segment", StringComparison.Ordinal)),
        _ => 0,
    };

    public bool IsIdle => Segments == 0 && Ledger is { InFlight: 0, InBacklog: 0 };

    public string Detail => "";

    public long IdleClosings => _producer?.IdleClosings ?? 0;

    public bool IsGone(int life) => _lives[life].IsDead;

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
        _counted.Add(world.Meters.Add());
        _producer = new ProducerPipeline(Options ?? plan.Options, new ServiceGateway(service, process), Events, process.Time, new Random(world.Dice.Next()),
            backlog: store is null ? null : new BacklogServices { Store = store }, meters: _counted[^1]);
        _producer.CloseIdleStreams(plan.IdleLimit);
        return true;
    }

    public Task DrainAsync()
    {
        if (world.IsTracing)
            world.Say(Process.Name, "drains");
        return _draining ??= DisposeAsync();
    }

    public void LosePower()
    {
        Process.Kill();
        if (plan.Store == StoreKind.Folder)
            _disk = _disk.PowerOn(new Random(world.Dice.Next()), int.MaxValue);
    }

    public Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries) => _producer!.AnnounceBoundaries(Stream, boundaries);

    public void Withdraw(IReadOnlyCollection<UInt128> boundaries) => _producer!.WithdrawBoundaries(Stream, boundaries);

    private async Task DisposeAsync()
    {
        await _producer!.DisposeAsync().ConfigureAwait(false);
        if (_folder is not null)
            await _folder.DisposeAsync().ConfigureAwait(false);
        Process.Exit();
        if (world.IsTracing)
            world.Say(Process.Name, $"has drained: {Ledger}");
    }
}
