using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Starts parts of a silo without a silo.</summary>
internal sealed class StagedLifecycle : ISiloLifecycle
{
    private readonly List<(int Stage, ILifecycleObserver Observer)> _observers = [];
    private readonly Stack<ILifecycleObserver> _started = [];

    public List<string> Names { get; } = [];

    public int HighestCompletedStage => 0;

    public int LowestStoppedStage => 0;

    /// <summary>Starts what there is up to a stage and has not started.</summary>
    public async Task StartAsync(int stage)
    {
        foreach (var part in _observers.Where(o => o.Stage <= stage).OrderBy(static o => o.Stage).ToList())
        {
            _observers.Remove(part);
            await part.Observer.OnStart(TestContext.Current.CancellationToken);
            _started.Push(part.Observer);
        }
    }

    /// <summary>Stops what has started, the last one first.</summary>
    public async Task StopAsync()
    {
        while (_started.TryPop(out var observer))
            await observer.OnStop(TestContext.Current.CancellationToken);
    }

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        _observers.Add((stage, observer));
        Names.Add(observerName);
        return new MemoryStream();
    }
}
