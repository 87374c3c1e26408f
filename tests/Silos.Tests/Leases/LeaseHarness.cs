using System.Diagnostics;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Leases;

namespace Orleans.Kpl.Silos.Tests.Leases;

/// <summary>The leases and epochs of a few silos over the same rows, in time that moves by steps.</summary>
internal sealed class LeaseHarness : IAsyncDisposable
{
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public static readonly ShardKey Shard = new("events", "shardId-000000000001");

    /// <summary>Long enough never to pass unless something is stuck.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly List<LeaseSilo> _silos = [];
    private readonly List<Task> _takes = [];

    public FakeTimeProvider Time { get; } = new();

    public SlowStore Store { get; } = new(new MemoryStateStore());

    public TimeSpan Now => TimeSpan.FromTicks(Time.GetTimestamp());

    /// <param name="lost">The silo that it takes for lost; 0 for none.</param>
    public LeaseSilo Silo(int number, int lost = 0)
    {
        var membership = new FakeMembership(number);
        var silos = new LiveSilos(membership, Time);
        for (var silo = 1; silo < 4; silo++)
            membership.Set(FakeMembership.Silo(silo), silo == lost ? SiloStanding.Dead : SiloStanding.Active);
        silos.Start();
        var lease = new SiloLease(Store, silos, Time, NullLogger<SiloLease>.Instance);
        var watch = new LeaseWatch(Store, silos, Time, NullLogger<LeaseWatch>.Instance);
        var options = new KplOptions { Ordered = OrderedMode.PutRecords, RequestTimeout = RequestTimeout };
        _silos.Add(new LeaseSilo(lease, watch, new ShardEpochs(Store, lease, watch, silos, options, Time, NullLogger<ShardEpochs>.Instance)));
        return _silos[^1];
    }

    public async Task<string> TextAsync() => (await Store.ReadAsync("epoch:events", Shard.ShardId, CancellationToken.None))!.Text;

    /// <summary>A silo takes the shard.</summary>
    public Task TakeAsync(LeaseSilo silo, CancellationToken cancellationToken = default) =>
        TakeAsync(silo, static _ => Task.FromResult(true), cancellationToken);

    /// <summary>A silo takes the shard.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="isListed">Whether its map shows the shard.</param>
    /// <param name="cancellationToken">Stops that.</param>
    public Task TakeAsync(LeaseSilo silo, Func<CancellationToken, Task<bool>> isListed, CancellationToken cancellationToken = default)
    {
        silo.Loops = 2;
        _takes.Add(silo.Epochs.TakeAsync(Shard, isListed, cancellationToken));
        return _takes[^1];
    }

    /// <summary>Lets time pass until that has ended; how long it took.</summary>
    public async Task<TimeSpan> EndAsync(Task task)
    {
        var (since, began) = (Now, Stopwatch.GetTimestamp());
        await SettleAsync();
        while (!task.IsCompleted)
        {
            // On a busy machine a minute of this clock may pass before a thread has gone on.
            Assert.True(Now - since < TimeSpan.FromMinutes(1) || Stopwatch.GetElapsedTime(began) < Long, "it does not end");
            await PassAsync(Step);
        }

        await task;
        return Now - since;
    }

    /// <summary>Lets time pass, and everything happen that is due by then.</summary>
    public async Task PassAsync(TimeSpan by)
    {
        for (var end = Now + by; Now < end;)
        {
            Time.Advance(Step);
            await SettleAsync();
        }
    }

    /// <summary>Waits until everything waits for time again: each loop of a silo, and each taking, by a timer.</summary>
    private async Task SettleAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (Time.ArmedTimers < _silos.Sum(s => s.Loops) + _takes.Count(t => !t.IsCompleted) - (Store.IsHolding ? 1 : 0))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < Long, "something waits for what is not time");
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.StopAsync();
    }
}

/// <summary>One silo's share.</summary>
internal sealed record LeaseSilo(SiloLease Lease, LeaseWatch Leases, ShardEpochs Epochs)
{
    private bool _isStopped;

    /// <summary>What runs here for good.</summary>
    public int Loops { get; set; }

    /// <summary>Looks at leases from now on.</summary>
    public void Watch()
    {
        Loops = 1;
        Leases.Start();
    }

    /// <summary>Nothing of it happens any more, as after a crash.</summary>
    public async Task StopAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        await Lease.DisposeAsync();
        await Leases.DisposeAsync();
        Loops = 0;
    }
}

/// <summary>Rows whose next write can be held back, and whose next call can fail.</summary>
internal sealed class SlowStore(IStateStore inner) : RowsOver(inner)
{
    private TaskCompletionSource? _held;
    private Exception? _failure;
    private int _lost;
    private int _refused;
    private int _reads;

    /// <summary>A write waits for its answer.</summary>
    public bool IsHolding { get; private set; }

    /// <summary>The next write of an epoch has been made, and its answer waits until this ends.</summary>
    public TaskCompletionSource HoldAnswer() => _held = new TaskCompletionSource();

    /// <summary>Whether renewals of leases fail.</summary>
    public bool RefusesLeases { get; set; }

    /// <summary>The next read or write of an epoch fails so.</summary>
    public void FailNext(Exception failure) => _failure = failure;

    /// <summary>Of so many reads of epochs one fails; 0 for none.</summary>
    public int FailsOneReadIn { get; set; }

    /// <summary>The next write of an epoch is not made.</summary>
    public void FailWrite() => _refused = 1;

    /// <summary>The next write of an epoch is made, and its answer lost.</summary>
    public void LoseAnswer() => _lost = 1;

    public override async Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
    {
        ThrowIfToFail(kind);
        if (kind != SiloLease.Kind && FailsOneReadIn > 0 && Interlocked.Increment(ref _reads) % FailsOneReadIn == 0)
            throw new StateStoreException("throttled");
        return await Inner.ReadAsync(kind, key, cancellationToken);
    }

    public override async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
    {
        ThrowIfToFail(kind);
        if (kind != SiloLease.Kind && Interlocked.Exchange(ref _refused, 0) > 0)
            throw new StateStoreException("not made");
        var row = await Inner.WriteAsync(kind, key, over, text, cancellationToken);
        if (kind == SiloLease.Kind && RefusesLeases)
            throw new StateStoreException("no answer");
        if (kind != SiloLease.Kind && Interlocked.Exchange(ref _lost, 0) > 0)
            throw new StateStoreException("the answer was lost");
        if (kind != SiloLease.Kind && Interlocked.Exchange(ref _held, null) is { } held)
        {
            IsHolding = true;
            await held.Task.WaitAsync(cancellationToken);
            IsHolding = false;
        }

        return row;
    }

    private void ThrowIfToFail(string kind)
    {
        if (kind == SiloLease.Kind && RefusesLeases)
            throw new StateStoreException("no answer");
        if (kind != SiloLease.Kind && Interlocked.Exchange(ref _failure, null) is { } failure)
            throw failure;
    }
}
