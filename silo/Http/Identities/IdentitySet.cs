using Orleans.Kpl.Http.Identities.Tokens;

namespace Orleans.Kpl.Http.Identities;

/// <summary>Everything that one reading of the identities' file brought. It never changes.</summary>
internal sealed class IdentitySet
{
    /// <summary>By id.</summary>
    public required IReadOnlyDictionary<string, ClientIdentity> Identities { get; init; }

    /// <summary>API keys by their id.</summary>
    public required IReadOnlyDictionary<string, (byte[] Hash, ClientIdentity Identity)> ApiKeys { get; init; }

    /// <summary>Access keys by their id, with their secret as UTF-8.</summary>
    public required IReadOnlyDictionary<string, (byte[] Secret, ClientIdentity Identity)> AccessKeys { get; init; }

    /// <summary>Who is meant by a token's issuer and subject.</summary>
    public required IReadOnlyDictionary<(string Issuer, string Subject), ClientIdentity> Subjects { get; init; }

    /// <summary>Who is meant by a name of a client's certificate.</summary>
    public required IReadOnlyDictionary<string, ClientIdentity> Certificates { get; init; }

    /// <summary>By the text of their claim <c>iss</c>.</summary>
    public required IReadOnlyDictionary<string, TokenIssuer> Issuers { get; init; }

    /// <summary>What session tokens are sealed with: the first seals, all open. Empty: this process makes a key of its own.</summary>
    public required IReadOnlyList<byte[]> SessionKeys { get; init; }
}
