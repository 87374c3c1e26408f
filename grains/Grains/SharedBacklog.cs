using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Fronts;

namespace Orleans.Kpl.Grains;

/// <summary>Registers the backlog that silos share.</summary>
internal static class SharedBacklog
{
    /// <summary>Adds the shared backlog over a store.</summary>
    public static void Add(IServiceCollection services, Func<IServiceProvider, IWriterStores> open)
    {
        services.AddSingleton(open);
        services.AddSingleton<BacklogRegistry>();
        services.AddSingleton<OwnedLogs>();
        services.AddSingleton<IBacklogReplayer>(static s => s.GetRequiredService<ClusterProducer>());
        services.AddSingleton<BacklogTakeover>();
        services.AddSingleton(static s => ClusterBacklog.Shared(s.GetRequiredService<OwnedLogs>(), s.GetRequiredService<IWriterStores>()));
    }
}
