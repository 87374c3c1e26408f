namespace Orleans.Kpl.Http.Identities;

/// <summary>What one identity may use: of one process at a time, and of all processes of a cluster a second.</summary>
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
