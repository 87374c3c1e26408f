using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Tests.Files;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where a producer runs: its processes come one after the other, over one backlog.</summary>
internal sealed class ProducerHost(World world, KinesisService service, Plan plan, int index) : ProducingHost<ProducerPipeline>(world, plan, $"p{index}")
{
    public const string Stream = "events";
    private const string Folder = "/backlog";

    private FragileFiles _disk = new(int.MaxValue);
    private FileBacklogStore? _folder;

    public BacklogTable Table { get; } = new();

    public override int Segments => Plan.Store switch
    {
        StoreKind.Table => Table.Segments,
        StoreKind.Folder => _disk.Files($"{Folder}/{Stream}/records").Count(static f => f.Name.EndsWith(".segment", StringComparison.Ordinal)),
        _ => 0,
    };

    public override bool IsIdle => Segments == 0 && Ledger is { InFlight: 0, InBacklog: 0 };

    public override long IdleClosings => Current?.IdleClosings ?? 0;

    public override bool TryStart()
    {
        var process = NewProcess();
        Disk = null;
        IBacklogStore? store = null;
        try
        {
            if (Plan.Store == StoreKind.Folder)
                store = _folder = FileBacklogStore.Open(Disk = new FaultyDisk(_disk, process, Weather), Folder, BacklogSync.Always, TaskScheduler.Default);
            else if (Plan.Store == StoreKind.Table)
                store = new TableBacklogStore(World, process, Table, Weather);
        }
        catch (BacklogStoreException e)
        {
            if (World.IsTracing)
                World.Say(process.Name, $"cannot start: {e.Message}");
            if (Life < 0)
                throw;
            return false;
        }

        Run(process, meters => new ProducerPipeline(
            Options ?? Plan.Options, new ServiceGateway(service, process), RecordedEvents.Of<IPipelineEvents>(World, process.Name), process.Time,
            new Random(World.Dice.Next()), backlog: store is null ? null : new BacklogServices { Store = store }, meters: meters));
        Current!.CloseIdleStreams(Plan.IdleLimit);
        return true;
    }

    public override void LosePower()
    {
        Process.Kill();
        if (Plan.Store == StoreKind.Folder)
            _disk = _disk.PowerOn(new Random(World.Dice.Next()), int.MaxValue);
    }

    public override Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries) => Current!.AnnounceBoundaries(Stream, boundaries);

    public override void Withdraw(IReadOnlyCollection<UInt128> boundaries) => Current!.WithdrawBoundaries(Stream, boundaries);

    protected override async Task DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        if (_folder is not null)
            await _folder.DisposeAsync().ConfigureAwait(false);
        Process.Exit();
    }
}
