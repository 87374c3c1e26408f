using System.Collections.Concurrent;
using System.Net;
using Orleans.Runtime;

namespace Orleans.Kpl.Silos;

/// <summary>Translates Orleans' names of silos. Both have the same text and the same order.</summary>
internal static class SiloNames
{
    // Few: each start of a silo that this one has heard of. A frame names its silo, so each name is made once.
    private static readonly ConcurrentDictionary<SiloAddress, SiloId> Ids = new();
    private static readonly ConcurrentDictionary<SiloId, SiloAddress> Addresses = new();

    public static SiloId ToId(this SiloAddress silo) =>
        Ids.GetOrAdd(silo, static s => new SiloId(s.Endpoint.Address, s.Endpoint.Port, s.Generation));

    public static SiloAddress ToAddress(this SiloId silo) =>
        Addresses.GetOrAdd(silo, static s => SiloAddress.New(new IPEndPoint(s.Address, s.Port), s.Generation));
}
