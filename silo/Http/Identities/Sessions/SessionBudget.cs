using System.Collections.Concurrent;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Identities.Sessions;

/// <summary>
/// How many sessions an identity may begin at this process. Each seals a token and writes a line of the audit, which no level turns off. SDKs begin one in a
/// quarter of an hour, and all those of a deployment at once. Safe on any thread.
/// </summary>
internal sealed class SessionBudget(TimeProvider time)
{
    /// <summary>Sessions a second of one identity.</summary>
    public const int PerSecond = 20;

    /// <summary>So many of one identity at once.</summary>
    public const int Burst = 1_000;

    private readonly ConcurrentDictionary<string, BurstBucket> _identities = new(StringComparer.Ordinal);

    /// <summary>Takes a session of an identity. Returns what it is told where there were too many; else null.</summary>
    public RequestRefusedException? Take(string identity)
    {
        var now = time.GetTimestamp();
        return _identities.GetOrAdd(identity, static (_, begun) => new BurstBucket(Burst, begun), now).TryTake(PerSecond, Burst, now, time)
            ? null
            : new RequestRefusedException(
                StatusCodes.Status429TooManyRequests, HttpErrorCodes.QuotaReached, $"{identity} fetches more than {PerSecond} credentials a second",
                TimeSpan.FromSeconds(1));
    }
}
