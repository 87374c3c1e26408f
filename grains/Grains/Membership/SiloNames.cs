using System.Collections.Concurrent;
using System.Net;
using Orleans.Kpl.Silos.Naming;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Membership;

/// <summary>Translates Orleans' names of silos. Both have the same text and the same order.</summary>
internal static class SiloNames
{
    // Few: each start of a silo that this one has heard of. A frame names its silo, so the name is made once.
    private static readonly ConcurrentDictionary<SiloAddress, SiloId> Known = new();

    public static SiloId ToId(this SiloAddress silo) =>
        Known.GetOrAdd(silo, static s => new SiloId(s.Endpoint.Address, s.Endpoint.Port, s.Generation));

    public static SiloAddress ToAddress(this SiloId silo) => SiloAddress.New(new IPEndPoint(silo.Address, silo.Port), silo.Generation);
}
