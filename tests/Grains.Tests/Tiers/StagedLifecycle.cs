using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Starts parts of a silo without a silo.</summary>
internal sealed class StagedLifecycle : ISiloLifecycle
{
    private readonly List<(int Stage, ILifecycleObserver Observer)> _observers = [];

    public List<string> Names { get; } = [];

    public int HighestCompletedStage => 0;

    public int LowestStoppedStage => 0;

    /// <summary>The services of a silo of one's own that is not started.</summary>
    /// <param name="also">What its program adds to it before <c>AddKpl</c>.</param>
    /// <param name="after">What it adds after that.</param>
    public static ServiceProvider Build(
        Action<ISiloBuilder>? also = null, Action<KplOptions>? kpl = null, Action<KplClusterOptions>? cluster = null, Action<ISiloBuilder>? after = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()).AddLogging();
        services.AddOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            also?.Invoke(silo);
            silo.AddKpl(kpl + (static o => o.Kinesis.EndpointUrl = new Uri("http://127.0.0.1:1")), cluster);
            after?.Invoke(silo);
        });
        return services.BuildServiceProvider();
    }

    /// <summary>With the parts of a silo that are of a kind.</summary>
    public static StagedLifecycle Of<T>(IServiceProvider silo)
    {
        var starts = new StagedLifecycle();
        foreach (var part in silo.GetServices<ILifecycleParticipant<ISiloLifecycle>>().Where(static p => p is T))
            part.Participate(starts);
        return starts;
    }

    /// <summary>Starts them, stage by stage.</summary>
    public async Task StartAsync()
    {
        foreach (var part in _observers.OrderBy(static o => o.Stage))
            await part.Observer.OnStart(TestContext.Current.CancellationToken);
    }

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        _observers.Add((stage, observer));
        Names.Add(observerName);
        return new MemoryStream();
    }
}
