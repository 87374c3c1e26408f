using System.Security.Claims;
using Orleans.Kpl.Identities;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities;

/// <summary>One identity of the file.</summary>
internal sealed class ClientIdentity(string id, IReadOnlyList<IdentityGrant> grants, IdentityQuota quota, bool isBanned)
{
    public const string AuthenticationType = "Kpl";

    public string Id => id;

    /// <summary>The grants, as a claim says them: <c>produce:orders*</c>.</summary>
    public IEnumerable<string> Grants => grants.Select(static g => g.ToString());

    public IdentityQuota Quota => quota;

    public bool IsBanned => isBanned;

    /// <summary>One for all requests of the identity.</summary>
    public ClaimsPrincipal Principal { get; } = new(new ClaimsIdentity(
        [
            new(KplClaims.Identity, id), .. grants.Select(static g => new Claim(KplClaims.Grant, g.ToString())),
            .. isBanned ? [new Claim(KplClaims.Banned, "true")] : (Claim[])[],
        ], AuthenticationType, KplClaims.Identity, roleType: null));

    /// <summary>Returns the identity as an administrator has it for a while.</summary>
    public ClientIdentity With(QuotaOverride change) => change.Kind == QuotaOverrideKind.Ban
        ? new ClientIdentity(id, grants, quota, isBanned: true)
        : new ClientIdentity(id, grants, quota.With(change.Quotas), isBanned);
}

/// <summary>The limits of one identity: of one process at a time, and of all processes of a cluster a second.</summary>
/// <param name="RequestsInFlight">Requests under way at a time.</param>
/// <param name="BodyBytesInFlight">Bytes of their bodies.</param>
/// <param name="RecordsPerSecond">Records a second; null for no limit.</param>
/// <param name="BytesPerSecond">Bytes of bodies a second; null for no limit.</param>
internal sealed record IdentityQuota(
    int RequestsInFlight = IdentityQuota.UsualRequests, long BodyBytesInFlight = IdentityQuota.UsualBodyBytes,
    long? RecordsPerSecond = null, long? BytesPerSecond = null)
{
    public const int UsualRequests = 256;
    public const long UsualBodyBytes = 64L << 20;

    public const string RequestsName = "requests_in_flight";
    public const string BodyBytesName = "body_bytes_in_flight";
    public const string RecordsName = "records_per_second";
    public const string BytesName = "bytes_per_second";

    /// <summary>The quotas by their names in files, requests and answers, with their ranges.</summary>
    public static readonly IReadOnlyList<(string Name, long Least, long Most)> Ranges =
        [(RequestsName, 1, 100_000), (BodyBytesName, 1_024, 1L << 40), (RecordsName, 1, 1_000_000_000), (BytesName, 1, 1L << 40)];

    /// <summary>Returns these quotas with others in the place of some.</summary>
    public IdentityQuota With(IReadOnlyDictionary<string, long> others) => new(
        (int)others.GetValueOrDefault(RequestsName, RequestsInFlight), others.GetValueOrDefault(BodyBytesName, BodyBytesInFlight),
        others.TryGetValue(RecordsName, out var records) ? records : RecordsPerSecond,
        others.TryGetValue(BytesName, out var bytes) ? bytes : BytesPerSecond);
}
