namespace Orleans.Kpl.Http.Identities;

/// <summary>The claims that rights are read from, whoever authenticated the caller.</summary>
public static class KplClaims
{
    /// <summary>The identity's id: one claim.</summary>
    public const string Identity = "kpl:identity";

    /// <summary>A role on some streams, such as <c>produce:orders*</c>: a claim for each.</summary>
    public const string Grant = "kpl:grant";

    /// <summary>There where the identity is banned: it is known, and may do nothing.</summary>
    public const string Banned = "kpl:banned";
}
