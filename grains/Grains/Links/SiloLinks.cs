using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Orleans.Kpl.Grains.Links;

/// <summary>Reaches the link service of a given silo.</summary>
internal sealed class SiloLinks(IServiceProvider services) : GrainServiceClient<ISiloLink>(services)
{
    public ISiloLink To(SiloAddress silo) => GetGrainService(silo);
}
