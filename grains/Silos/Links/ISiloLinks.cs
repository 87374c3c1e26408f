namespace Orleans.Kpl.Silos.Links;

/// <summary>Reaches the silos of the cluster, this one too.</summary>
internal interface ISiloLinks
{
    /// <summary>Returns the calls to a silo. That it can be reached is not known yet.</summary>
    ISiloCalls To(SiloId silo);
}
