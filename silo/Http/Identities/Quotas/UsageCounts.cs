namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>What an identity has used of this process since it began, and uses now.</summary>
internal readonly record struct UsageCounts(
    long Requests, long Records, long Bytes, long Refused, int RequestsInFlight, long BodyBytesInFlight);
