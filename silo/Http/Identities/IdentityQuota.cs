namespace Orleans.Kpl.Http.Identities;

/// <summary>What one identity may use of one process.</summary>
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
}
