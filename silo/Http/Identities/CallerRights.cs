using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Http.Identities;

/// <summary>The rights of a caller, read from its claims once.</summary>
internal sealed class CallerRights
{
    // An identity's principal lives as long as its file does; one that a host made lives for a request.
    private static readonly ConditionalWeakTable<ClaimsPrincipal, CallerRights> Known = [];

    private readonly IdentityGrant[] _grants;

    private CallerRights(ClaimsPrincipal principal)
    {
        Id = principal.FindFirst(KplClaims.Identity)?.Value;
        IsBanned = principal.HasClaim(static c => c.Type == KplClaims.Banned);
        _grants = IsBanned || Id is null
            ? []
            : [.. principal.FindAll(KplClaims.Grant).Select(static c => IdentityGrant.Parse(c.Value)).OfType<IdentityGrant>()];
    }

    /// <summary>The identity; null for a caller that is none.</summary>
    public string? Id { get; }

    /// <summary>Whether the identity is known and may do nothing.</summary>
    public bool IsBanned { get; }

    /// <summary>Returns the rights of a request's caller; null where nobody asked who it is, which costs such requests nothing.</summary>
    /// <remarks>To ask for the user of a request that has none makes one, for that request alone, and the table above would have to keep it.</remarks>
    public static CallerRights? Find(HttpContext context) => context.Features.Get<IHttpAuthenticationFeature>()?.User is { } user ? Of(user) : null;

    public static CallerRights Of(ClaimsPrincipal principal) => Known.GetValue(principal, static p => new CallerRights(p));

    /// <summary>Whether the caller has a role on a stream. Who may administer a stream may look at it, but not put into it.</summary>
    public bool May(IdentityRole role, string stream)
    {
        foreach (var grant in _grants)
        {
            if (Covers(grant.Role, role) && grant.Streams.Matches(stream))
                return true;
        }
        return false;
    }

    /// <summary>Whether the caller has a role on any stream at all.</summary>
    public bool May(IdentityRole role) => Array.Exists(_grants, g => Covers(g.Role, role));

    /// <summary>Whether the caller has a role on every stream there may be.</summary>
    public bool MayAll(IdentityRole role) => Array.Exists(_grants, g => Covers(g.Role, role) && g.Streams.MatchesAll);

    /// <summary>Whether the caller may look at a stream in any way: descriptions and lists.</summary>
    public bool MaySee(string stream) => May(IdentityRole.Produce, stream) || May(IdentityRole.Status, stream);

    private static bool Covers(IdentityRole granted, IdentityRole needed) =>
        granted == needed || (granted == IdentityRole.Administer && needed == IdentityRole.Status);
}

/// <summary>The claims that rights are read from, whoever authenticated the caller.</summary>
public static class KplClaims
{
    /// <summary>The identity's id: one claim.</summary>
    public const string Identity = "kpl:identity";

    /// <summary>A role on some streams, such as <c>produce:orders*</c>: a claim for each.</summary>
    public const string Grant = "kpl:grant";

    /// <summary>Present if the identity is banned: it is known, and may do nothing.</summary>
    public const string Banned = "kpl:banned";
}

/// <summary>
/// How much an answer tells. AWS's own messages name accounts, roles, keys and sessions: they are for those who may look at the stream. Without
/// identities everybody is told all.
/// </summary>
internal static class ToldDetail
{
    /// <summary>The text in the place of a message that the caller may not read.</summary>
    public const string Instead = "the tier's log says more";

    /// <summary>Whether the caller may read what AWS says of a stream.</summary>
    public static bool IsOf(HttpContext context, string stream) =>
        CallerRights.Find(context) is not { Id: not null } rights || rights.May(IdentityRole.Status, stream);

    /// <summary>Whether the caller may know how the whole process does, and not only whether it works.</summary>
    public static bool IsOfProcess(HttpContext context) => CallerRights.Find(context) is not { Id: not null } rights || rights.May(IdentityRole.Status);

    /// <summary>Returns the message, or what stands in its place. What is wrong with the caller's own record is told to everybody.</summary>
    public static string? Message(bool isTold, string? code, string? message) => isTold || message is null || RefusedRecord.IsCode(code) ? message : Instead;
}
