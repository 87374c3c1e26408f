namespace Orleans.Kpl.Quotas;

/// <summary>What one silo tells the others of its clients: what they want of their quotas there, and what administrators said of them.</summary>
internal sealed record QuotaReport
{
    /// <summary>The silo, as rows name it.</summary>
    public required string Origin { get; init; }

    /// <summary>Grows with each report of the silo, from 1 on.</summary>
    public required long Number { get; init; }

    /// <summary>Identities that have a quota a second and want some of it; all others want nothing.</summary>
    public IReadOnlyList<QuotaDemand> Demands { get; init; } = [];

    /// <summary>Everything that the silo has heard from administrators and that is not over.</summary>
    public IReadOnlyList<QuotaOverride> Overrides { get; init; } = [];
}
