using System.Globalization;

namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>A silo of a cluster, as the table has it.</summary>
internal sealed record MemberRow
{
    /// <summary>The number of Orleans' <c>SiloStatus.Active</c>.</summary>
    public const int Active = 3;

    /// <summary>The silo's IP address.</summary>
    public required string Address { get; init; }

    public required int Port { get; init; }

    public required int Generation { get; init; }

    /// <summary>The number of Orleans' <c>SiloStatus</c>.</summary>
    public required int Status { get; init; }

    public string? HostName { get; init; }

    public string? SiloName { get; init; }

    /// <summary>The port of the gateway; 0 for none.</summary>
    public int ProxyPort { get; init; }

    public DateTime StartTime { get; init; }

    public DateTime AliveTime { get; init; }

    /// <summary>The silos that suspect this one, as Orleans writes an address, and when they said so.</summary>
    public IReadOnlyList<(string Silo, DateTime Time)> Suspicions { get; init; } = [];

    public string Identity => IdentityOf(Address, Port, Generation);

    /// <summary>The last time at which anybody is known to have written of the silo.</summary>
    public DateTime LastUpdate => Suspicions.Select(static s => s.Time).Append(AliveTime).Append(StartTime).Max();

    /// <summary>The sort key of a silo's row.</summary>
    public static string IdentityOf(string address, int port, int generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{address}-{port}-{generation}");
}

/// <summary>A row with the tag that it has in the table.</summary>
internal readonly record struct TaggedMember(MemberRow Row, int ETag);

/// <summary>The version of a cluster's rows, and the tag of the row that has it.</summary>
internal readonly record struct MembersVersion(int Number, int ETag);

/// <summary>The rows of a cluster and their version, as of one instant.</summary>
/// <param name="Unreadable">The rows that cannot, each with the reason.</param>
internal sealed record MembersSnapshot(MembersVersion Version, IReadOnlyList<TaggedMember> Rows, IReadOnlyList<UnreadableMember> Unreadable);

/// <summary>A row that cannot be read.</summary>
/// <param name="Identity">Its sort key.</param>
internal readonly record struct UnreadableMember(string Identity, string Reason);
