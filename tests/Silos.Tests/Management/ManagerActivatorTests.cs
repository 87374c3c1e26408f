using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Capacities;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>Four silos that look after the managers of twenty streams.</summary>
public sealed class ManagerActivatorTests : IAsyncDisposable
{
    private const int Silos = 4;
    private const int Streams = 20;
    private const string On = """{"mode":"on"}""";

    /// <summary>What keeps a manager.</summary>
    private static readonly string[] Kinds = [OperationStore.IntentKind, PolicyStore.PolicyKind, WarmIntent.Kind];

    private readonly FakeTimeProvider _time = new();
    private readonly ReadRows _rows = new();
    private readonly Managers _managers = new();
    private readonly List<FakeMembership> _memberships = [];
    private readonly List<LiveSilos> _silos = [];
    private readonly List<ManagerActivator> _activators = [];

    [Fact]
    public async Task WhenSilosComeOrGo_OneSiloReadsTheRows_AndEachManagerIsWoken()
    {
        await StartAsync();
        var before = _rows.Readings;
        _managers.Woken.Clear();
        Change(FakeMembership.Silo(Silos), SiloStanding.Dead);
        await Waiting.UntilAsync(() => _managers.Woken.Count == Streams);
        await SettleAsync();

        // One reading of each of the kinds for each of the changes that it noticed: the loss, and the silos that are left.
        Assert.InRange(_rows.Readings - before, Kinds.Length, 2 * Kinds.Length);
    }

    /// <summary>The row of an operation stays when it has ended, also of a stream that was deleted long ago.</summary>
    [Fact]
    public async Task RowOfAnOperationThatHasEnded_WakesNoManager()
    {
        await _rows.WriteAsync(OperationStore.IntentKind, "ended", 0, $"{{{ReshardOperation.LeftMark}}}", default);
        await StartAsync();
        Assert.False(_managers.Woken.ContainsKey("ended"));
    }

    /// <summary>Each stream that ever had a policy had a manager for ever, also one that was deleted long ago.</summary>
    [Fact]
    public async Task PolicyThatIsOff_WakesNoManager()
    {
        await _rows.WriteAsync(PolicyStore.PolicyKind, "off", 0, """{"mode":"off"}""", default);
        await _rows.WriteAsync(PolicyStore.PolicyKind, "unreadable", 0, "{", default);
        await StartAsync();
        Assert.False(_managers.Woken.ContainsKey("off"));
        Assert.True(_managers.Woken.ContainsKey("unreadable"));
    }

    /// <summary>The one silo may be cut off from the rows, or frozen.</summary>
    [Fact]
    public async Task OnceAMinute_EachSiloLooksAfterItsShare()
    {
        await StartAsync();
        var (before, since) = (_rows.Readings, _time.GetUtcNow());
        await PassUntilAsync(() => _rows.Readings - before >= Kinds.Length * Silos);

        // One silo alone would take four minutes for so many.
        Assert.InRange(_time.GetUtcNow() - since, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(150));
    }

    [Fact]
    public async Task RowsThatCannotBeRead_AreReadAgainSoon()
    {
        var since = _time.GetUtcNow();
        _rows.IsDown = true;
        Begin(1);
        await Waiting.UntilAsync(() => _rows.Readings > 0);
        _rows.IsDown = false;
        await PassUntilAsync(() => _managers.Woken.Count == Streams);

        Assert.InRange(_time.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromSeconds(50));
    }

    /// <summary>The call to a manager whose silo is lost fails later than this silo stops: it left a failure that nobody observed.</summary>
    [Fact]
    public async Task AManager_ThatFailsAfterTheStop_LeavesNoFailureUnobserved()
    {
        const string gone = "the silo of the manager was lost after the stop";

        Assert.DoesNotContain(gone, await UnobservedFailures.OfAsync(StopAsync));

        async Task StopAsync()
        {
            var answer = new TaskCompletionSource();
            _managers.Answer = answer.Task;
            Begin(1);
            await Waiting.UntilAsync(() => !_managers.Woken.IsEmpty);
            await _activators[0].StopAsync().WaitAsync(Waiting.Long);
            answer.SetException(new TimeoutException(gone));
            _managers.Answer = Task.CompletedTask;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var activator in _activators)
            await activator.DisposeAsync();
    }

    /// <summary>All silos have started, and looked once.</summary>
    private async Task StartAsync()
    {
        Begin(Silos);
        // Its share, or all of it.
        await Waiting.UntilAsync(() => _rows.Readings >= Kinds.Length * Silos && _managers.Woken.Values.Sum() >= 2 * Streams - SharesOfTheOne());
        await SettleAsync();
    }

    private Task PassUntilAsync(Func<bool> isSo) => _time.PassUntilAsync(isSo, TimeSpan.FromMilliseconds(250));

    private void Begin(int count)
    {
        for (var i = 0; i < Streams; i++)
        {
            Assert.True(_rows.WriteAsync(Kinds[i % Kinds.Length], $"stream-{i}", 0, On, default).IsCompletedSuccessfully);
        }

        for (var i = 1; i <= count; i++)
        {
            _memberships.Add(new FakeMembership(i));
            _silos.Add(new LiveSilos(_memberships[^1], _time));
            for (var other = 1; other <= count; other++)
                _memberships[^1].Set(FakeMembership.Silo(other), SiloStanding.Active);
            _silos[^1].Start();
        }

        foreach (var silos in _silos)
        {
            _activators.Add(new ManagerActivator(
                new AdminServices { Kinesis = null!, Store = _rows, Time = _time, Events = null! }, _managers, silos, _time,
                NullLogger<ManagerActivator>.Instance));
            _activators[^1].Start();
        }
    }

    private void Change(SiloId silo, SiloStanding standing)
    {
        foreach (var membership in _memberships.Where(m => !m.Self.Equals(silo)))
            membership.Set(silo, standing);
    }

    /// <summary>The streams that the silo that looks after all has as its share too.</summary>
    private int SharesOfTheOne()
    {
        var one = _silos[0].OwnerOf("managers");
        return Enumerable.Range(0, Streams).Count(i => _silos[0].OwnerOf($"manager/stream-{i}")!.Equals(one));
    }

    /// <summary>What looks at the rows has come to its end: the number of readings stays.</summary>
    private async Task SettleAsync()
    {
        for (var (same, last) = (0, -1); same < 20; same = last == _rows.Readings ? same + 1 : 0, last = _rows.Readings)
            await Task.Run(static () => { });
    }

    /// <summary>Rows whose readings are counted, and fail while they are down.</summary>
    private sealed class ReadRows() : RowsOver(new MemoryStateStore())
    {
        private int _readings;
        private volatile bool _isDown;

        public int Readings => Volatile.Read(ref _readings);

        public bool IsDown
        {
            set => _isDown = value;
        }

        public override Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _readings);
            return _isDown ? throw new StateStoreException("down") : base.ListAsync(kind, cancellationToken);
        }
    }

    private sealed class Managers : FakeManagers
    {
        public ConcurrentDictionary<string, int> Woken { get; } = new();

        public Task Answer { get; set; } = Task.CompletedTask;

        public override Task WakeAsync(string stream)
        {
            Woken.AddOrUpdate(stream, 1, static (_, n) => n + 1);
            return Answer;
        }
    }
}
