namespace Orleans.Kpl.Silos;

/// <summary>Translates Orleans' names of silos. Both have the same text and the same order.</summary>
internal static class SiloNames
{
    public static SiloId ToId(this SiloAddress silo) => new(silo.Endpoint.Address, silo.Endpoint.Port, silo.Generation);

    public static SiloAddress ToAddress(this SiloId silo) => SiloAddress.New(silo.Address, silo.Port, silo.Generation);
}
