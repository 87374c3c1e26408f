namespace Orleans.Kpl.Quotas;

/// <summary>What an administrator said of an identity while the processes run; it comes before what the file of identities says.</summary>
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

    /// <summary>Who said so.</summary>
    public string By { get; init; } = "";

    /// <summary>The quotas by their names in the file of identities; those that are missing stay as the file has them. Empty for a ban.</summary>
    public IReadOnlyDictionary<string, long> Quotas { get; init; } = System.Collections.Frozen.FrozenDictionary<string, long>.Empty;
}
