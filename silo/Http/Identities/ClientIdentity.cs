using System.Security.Claims;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities;

/// <summary>One identity of the file.</summary>
internal sealed class ClientIdentity
{
    /// <summary>The authentication type of its principal.</summary>
    public const string AuthenticationType = "Kpl";

    private readonly IReadOnlyList<IdentityGrant> _grants;

    public ClientIdentity(string id, IReadOnlyList<IdentityGrant> grants, IdentityQuota quota, bool isBanned)
    {
        (Id, Quota, IsBanned, _grants) = (id, quota, isBanned, grants);
        List<Claim> claims = [new(KplClaims.Identity, id), .. grants.Select(static g => new Claim(KplClaims.Grant, g.ToString()))];
        if (isBanned)
            claims.Add(new Claim(KplClaims.Banned, "true"));
        Principal = new ClaimsPrincipal(new ClaimsIdentity(claims, AuthenticationType, KplClaims.Identity, roleType: null));
    }

    public string Id { get; }

    /// <summary>What it may do, as a claim says it: <c>produce:orders*</c>.</summary>
    public IEnumerable<string> Grants => _grants.Select(static g => g.ToString());

    public IdentityQuota Quota { get; }

    public bool IsBanned { get; }

    /// <summary>One for all requests of the identity.</summary>
    public ClaimsPrincipal Principal { get; }

    /// <summary>Returns the identity as an administrator has it for a while.</summary>
    public ClientIdentity With(QuotaOverride change) => change.Kind == QuotaOverrideKind.Ban
        ? new ClientIdentity(Id, _grants, Quota, isBanned: true)
        : new ClientIdentity(Id, _grants, Quota.With(change.Quotas), IsBanned);
}
