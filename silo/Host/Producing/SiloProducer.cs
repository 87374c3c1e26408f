using Orleans.Hosting;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Host.Settings;

namespace Orleans.Kpl.Host.Producing;

/// <summary>
/// The one place that says which producer stands behind a silo's HTTP endpoints. Whatever it is, it is an <see cref="IKplProducer"/>
/// among the silo's services that can be made before the silo starts, and disposing it drains all that this silo holds.
/// </summary>
internal static class SiloProducer
{
    public static void Add(ISiloBuilder silo, SiloSettings settings) =>
        silo.AddKpl(settings.Kpl, settings.Cluster);

    /// <summary>What became of every record that this silo accepted, however it came.</summary>
    public static StreamLedger ReadLedger(IKplProducer producer) => ((ClusterProducer)producer).ReadLedger();
}
