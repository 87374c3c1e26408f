using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Fronts;

namespace Orleans.Kpl.Host.Producing;

/// <summary>
/// The one place that determines which producer is behind a silo's HTTP endpoints. It is an <see cref="IKplProducer"/> among the
/// silo's services that can be created before the silo starts. Disposing it drains all records that this silo holds.
/// </summary>
internal static class SiloProducer
{
    public static void Add(ISiloBuilder silo, SiloSettings settings) =>
        silo.AddKpl(settings.Kpl, settings.Cluster, isTierOnly: true);

    /// <summary>Returns the time that the stop of this silo may take, which its parts share.</summary>
    public static StopBudget StopOf(IServiceProvider services) => services.GetRequiredService<SiloNode>().Stop;

    /// <summary>Returns the ledger of every record that this silo accepted, by whatever path.</summary>
    public static StreamLedger ReadLedger(IKplProducer producer) => ((ClusterProducer)producer).ReadLedger();
}
