using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Capacities;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>Four silos that look after the managers of twenty streams.</summary>
public sealed class ManagerActivatorTests : IStreamManagers, IStateStore, IAsyncDisposable
{
    private const int Silos = 4;
    private const int Streams = 20;

    /// <summary>What keeps a manager.</summary>
    private static readonly string[] Kinds = [OperationStore.IntentKind, PolicyStore.PolicyKind, WarmIntent.Kind];

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryStateStore _rows = new();
    private readonly List<FakeMembership> _memberships = [];
    private readonly List<LiveSilos> _silos = [];
    private readonly List<ManagerActivator> _activators = [];
    private readonly ConcurrentDictionary<string, int> _woken = new();
    private int _readings;
    private volatile bool _isDown;

    [Fact]
    public async Task WhenSilosComeOrGo_OneSiloReadsTheRows_AndEachManagerIsWoken()
    {
        await StartAsync();
        var before = Volatile.Read(ref _readings);
        _woken.Clear();
        Change(FakeMembership.Silo(Silos), SiloStanding.Dead);
        await Waiting.UntilAsync(() => _woken.Count == Streams);
        await SettleAsync();

        // One reading of each of the kinds for each of the changes that it noticed: the loss, and the silos that are left.
        Assert.InRange(_readings - before, Kinds.Length, 2 * Kinds.Length);
    }

    /// <summary>The row of an operation stays when it has ended, also of a stream that was deleted long ago.</summary>
    [Fact]
    public async Task RowOfAnOperationThatHasEnded_WakesNoManager()
    {
        await _rows.WriteAsync(OperationStore.IntentKind, "ended", 0, $"{{{ReshardOperation.LeftMark}}}", default);
        await StartAsync();
        Assert.False(_woken.ContainsKey("ended"));
    }

    /// <summary>The one silo may be cut off from the rows, or frozen.</summary>
    [Fact]
    public async Task OnceAMinute_EachSiloLooksAfterItsShare()
    {
        await StartAsync();
        var (before, since) = (Volatile.Read(ref _readings), _time.GetUtcNow());
        await PassUntilAsync(() => _readings - before >= Kinds.Length * Silos);

        // One silo alone would take four minutes for so many.
        Assert.InRange(_time.GetUtcNow() - since, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(150));
    }

    [Fact]
    public async Task RowsThatCannotBeRead_AreReadAgainSoon()
    {
        var since = _time.GetUtcNow();
        _isDown = true;
        Begin(1);
        await Waiting.UntilAsync(() => Volatile.Read(ref _readings) > 0);
        _isDown = false;
        await PassUntilAsync(() => _woken.Count == Streams);

        Assert.InRange(_time.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromSeconds(50));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var activator in _activators)
            await activator.DisposeAsync();
    }

    Task<IReadOnlyList<StateRow>> IStateStore.ListAsync(string kind, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _readings);
        return _isDown ? throw new StateStoreException("down") : _rows.ListAsync(kind, cancellationToken);
    }

    Task IStreamManagers.WakeAsync(string stream)
    {
        _woken.AddOrUpdate(stream, 1, static (_, n) => n + 1);
        return Task.CompletedTask;
    }

    Task<StateRow?> IRowStore.ReadAsync(string kind, string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<StateRow?> IRowStore.WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<bool> IStateStore.DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<IReadOnlyList<ShardRange>> IStreamManagers.ListShardsAsync(string stream) => throw new NotSupportedException();

    Task<IReadOnlyList<ShardRange>> IStreamManagers.ListClosedShardsAsync(string stream) => throw new NotSupportedException();

    Task<StreamSummary> IStreamManagers.DescribeAsync(string stream) => throw new NotSupportedException();

    Task IStreamManagers.ReportFailuresAsync(string stream, FailureBatch failures) => throw new NotSupportedException();

    Task IStreamManagers.SetAsideAsync(string stream, DeadLetterBatch report) => throw new NotSupportedException();

    /// <summary>All silos have started, and looked once.</summary>
    private async Task StartAsync()
    {
        Begin(Silos);
        // Its share, or all of it.
        await Waiting.UntilAsync(() => Volatile.Read(ref _readings) >= Kinds.Length * Silos && _woken.Values.Sum() >= 2 * Streams - SharesOfTheOne());
        await SettleAsync();
    }

    private Task PassUntilAsync(Func<bool> isSo) => _time.PassUntilAsync(isSo, TimeSpan.FromMilliseconds(250));

    private void Begin(int count)
    {
        for (var i = 0; i < Streams; i++)
        {
            Assert.True(_rows.WriteAsync(Kinds[i % Kinds.Length], $"stream-{i}", 0, "{}", default).IsCompletedSuccessfully);
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
                new AdminServices { Kinesis = null!, Store = this, Time = _time, Events = null! }, this, silos, _time, NullLogger<ManagerActivator>.Instance));
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
        for (var (same, last) = (0, -1); same < 20; same = last == _readings ? same + 1 : 0, last = _readings)
            await Task.Run(static () => { });
    }
}
