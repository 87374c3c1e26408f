using System.Security.Claims;

namespace Orleans.Kpl.Http.Identities;

/// <summary>One identity of the file.</summary>
internal sealed class ClientIdentity
{
    /// <summary>The authentication type of its principal.</summary>
    public const string AuthenticationType = "Kpl";

    public ClientIdentity(string id, IReadOnlyList<IdentityGrant> grants, IdentityQuota quota, bool isBanned)
    {
        (Id, Quota, IsBanned) = (id, quota, isBanned);
        List<Claim> claims = [new(KplClaims.Identity, id), .. grants.Select(static g => new Claim(KplClaims.Grant, g.ToString()))];
        if (isBanned)
            claims.Add(new Claim(KplClaims.Banned, "true"));
        Principal = new ClaimsPrincipal(new ClaimsIdentity(claims, AuthenticationType, KplClaims.Identity, roleType: null));
    }

    public string Id { get; }

    public IdentityQuota Quota { get; }

    public bool IsBanned { get; }

    /// <summary>One for all requests of the identity.</summary>
    public ClaimsPrincipal Principal { get; }
}
