namespace Orleans.Kpl.Quotas;

/// <summary>What one identity wants of its quotas on one silo. Infinity where it was refused: then it wants whatever it can get.</summary>
/// <param name="Identity">The identity's id.</param>
/// <param name="Records">Records a second.</param>
/// <param name="Bytes">Bytes of bodies a second.</param>
internal readonly record struct QuotaDemand(string Identity, double Records, double Bytes);
