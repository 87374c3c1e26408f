namespace Orleans.Kpl.Quotas;

/// <summary>What an override changes. The numbers travel between silos.</summary>
internal enum QuotaOverrideKind
{
    /// <summary>The identity is refused everything.</summary>
    Ban = 0,

    /// <summary>The identity has other quotas.</summary>
    Quota = 1,
}
