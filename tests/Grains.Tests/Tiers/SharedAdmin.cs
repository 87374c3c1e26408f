using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Hosting;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Silos whose managers share their rows, as with DynamoDB, and look at a stream, and ask its policy, more often than they would at AWS.</summary>
internal static class SharedAdmin
{
    public static void Use(ISiloBuilder silo, IStateStore store) => silo.ConfigureServices(services =>
        services.AddSingleton(s => new AdminServices
        {
            Kinesis = s.GetRequiredService<IKinesisControl>(),
            Store = store,
            Time = s.GetRequiredService<TimeProvider>(),
            Events = new AdminLog(NullLogger.Instance),
            IsPolicyAllowed = true,
            LookEvery = TimeSpan.FromMilliseconds(50),
            DecideEvery = TimeSpan.FromMilliseconds(200),
        }));
}
