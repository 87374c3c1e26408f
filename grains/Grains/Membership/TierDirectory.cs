using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.GrainDirectory;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace Orleans.Kpl.Grains.Membership;

/// <summary>
/// The directory in which silos find shards and managers: Orleans' distributed one, under a name of its own. With Orleans' default directory each silo that
/// leaves takes grains of other silos down with it, whose entries it had. What other grains of the program use stays as it is.
/// </summary>
/// <remarks>
/// Orleans registers its distributed directory under one name only: a second call for another name does nothing, whichever comes first. So a program that
/// uses it too, before or after, keeps its own call, and both names lead to one directory: there are never two in a silo. Which grains are found in it is
/// decided in each silo, and not by an attribute: silos read each other's attributes, and one without it would look for a directory that it does not have.
/// </remarks>
internal sealed class TierDirectory(IServiceProvider services) : IGrainDirectoryResolver
{
    public const string Name = "kpl";

    private static readonly FrozenSet<GrainType> Grains =
        FrozenSet.Create(GrainType.Create("kpl-shard"), GrainType.Create("kpl-manager"), GrainType.Create("kpl-bridge"));

    /// <summary>Has the grains of the tier found in the directory.</summary>
    public static void Use(ISiloBuilder silo)
    {
        var services = silo.Services;
        var orleans = new OwnCollection(silo.Configuration);
#pragma warning disable ORLEANSEXP003
        orleans.AddDistributedGrainDirectory(Name);
#pragma warning restore ORLEANSEXP003
        var type = orleans.Services.Single(static d => !d.IsKeyedService && d.ServiceType.IsAssignableTo(typeof(IGrainDirectory))).ServiceType;
        foreach (var part in orleans.Services)
        {
            if (part.ServiceType.GenericTypeArguments is [var named] && named == typeof(IGrainDirectory))
                services.Add(part);
            // The services that the directory needs, and not the directory: Orleans would find it twice where a later call of the program's adds its own.
            else if (part.ServiceType.Namespace == type.Namespace && part.ServiceType != type)
                services.TryAdd(part);
        }

        services.AddKeyedSingleton(Name, (s, _) => (IGrainDirectory)(s.GetService(type) ?? ActivatorUtilities.CreateInstance(s, type)));
        services.AddSingleton<IGrainDirectoryResolver, TierDirectory>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static s => new Lifecycle(s));
    }

    public bool TryResolveGrainDirectory(GrainType grainType, GrainProperties? properties, [NotNullWhen(true)] out IGrainDirectory? grainDirectory)
    {
        grainDirectory = Grains.Contains(grainType) ? services.GetRequiredKeyedService<IGrainDirectory>(Name) : null;
        return grainDirectory is not null;
    }

    /// <summary>Has the directory start and end with its silo, where nobody else does.</summary>
    private sealed class Lifecycle(IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle observer)
        {
            var own = services.GetRequiredKeyedService<IGrainDirectory>(Name);
            var names = services.GetKeyedServices<IGrainDirectory>(KeyedService.AnyKey).Count(d => ReferenceEquals(d, own));
            if (names == 1)
                ((ILifecycleParticipant<ISiloLifecycle>)own).Participate(observer);
        }
    }

    private sealed class OwnCollection(IConfiguration configuration) : ISiloBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();

        public IConfiguration Configuration => configuration;
    }
}
