using System.Collections.Concurrent;
using System.Net;
using Orleans.Runtime;

namespace Orleans.Kpl.Silos;

/// <summary>Translates Orleans' names of silos. Both have the same text and the same order.</summary>
internal static class SiloNames
{
    /// <summary>So many names are kept. More than a cluster has are made up: clients name the silos of their sessions.</summary>
    public const int Most = 10_000;

    // Few: each start of a silo that this one has heard of. A frame names its silo, so each name is made once.
    private static readonly ConcurrentDictionary<SiloAddress, SiloId> Ids = new();
    private static readonly ConcurrentDictionary<SiloId, SiloAddress> Addresses = new();

    public static SiloId ToId(this SiloAddress silo) =>
        Ids.TryGetValue(silo, out var id) ? id : Keep(Ids, silo, new SiloId(silo.Endpoint.Address, silo.Endpoint.Port, silo.Generation));

    public static SiloAddress ToAddress(this SiloId silo) =>
        Addresses.TryGetValue(silo, out var address)
            ? address
            : Keep(Addresses, silo, SiloAddress.New(new IPEndPoint(silo.Address, silo.Port), silo.Generation));

    /// <summary>Gets how many names are kept.</summary>
    public static int Kept => Ids.Count + Addresses.Count;

    private static TName Keep<TOther, TName>(ConcurrentDictionary<TOther, TName> names, TOther other, TName name)
        where TOther : notnull
    {
        // Those that are in use come back with the next frames.
        if (names.Count >= Most)
            names.Clear();
        return names.GetOrAdd(other, name);
    }
}
