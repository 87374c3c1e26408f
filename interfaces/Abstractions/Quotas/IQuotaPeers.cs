namespace Orleans.Kpl.Quotas;

/// <summary>The other silos whose clients share quotas with those of this one.</summary>
internal interface IQuotaPeers
{
    /// <summary>Raised when the others have changed.</summary>
    event Action? Changed;

    /// <summary>This silo, as rows name it.</summary>
    string Self { get; }

    /// <summary>The other silos that take part.</summary>
    IReadOnlyList<string> Others { get; }

    /// <summary>Answers the reports of others with this silo's latest one; null while nobody counts here.</summary>
    Func<QuotaReport, QuotaReport?>? Answer { get; set; }

    /// <summary>Tells another silo, and returns its own latest report; null where nobody counts there. May fail with any exception.</summary>
    Task<QuotaReport?> TellAsync(string silo, QuotaReport report, CancellationToken cancellationToken);
}

/// <summary>A silo's report to the others about its clients: what they want of their quotas there, and what administrators said of them.</summary>
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

/// <summary>The demand of one identity for its quotas on one silo. Infinity where it was refused: then it wants whatever it can get.</summary>
/// <param name="Records">Records a second.</param>
/// <param name="Bytes">Bytes of bodies a second.</param>
internal readonly record struct QuotaDemand(string Identity, double Records, double Bytes);

/// <summary>An administrator's word about an identity while the processes run; it comes before what the file of identities says.</summary>
internal sealed record QuotaOverride
{
    public required string Identity { get; init; }

    public required QuotaOverrideKind Kind { get; init; }

    /// <summary>Of two about one identity and of one kind the higher version counts, and of equal ones the later origin.</summary>
    public long Version { get; init; }

    /// <summary>The silo that was told.</summary>
    public string Origin { get; init; } = "";

    /// <summary>When it is over, in UTC.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Whether it is taken back. It is told on until it would be over, so that no silo keeps the former one.</summary>
    public bool IsLifted { get; init; }

    /// <summary>The administrator who said so.</summary>
    public string By { get; init; } = "";

    /// <summary>The quotas by their names in the file of identities; those that are missing stay as the file has them. Empty for a ban.</summary>
    public IReadOnlyDictionary<string, long> Quotas { get; init; } = System.Collections.Frozen.FrozenDictionary<string, long>.Empty;
}

/// <summary>The quota that an override changes. The numbers travel between silos.</summary>
internal enum QuotaOverrideKind
{
    /// <summary>The identity is refused everything.</summary>
    Ban = 0,

    /// <summary>The identity has other quotas.</summary>
    Quota = 1,
}
