using System.Globalization;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>Why a request may not begin now: a quota of its identity is used up.</summary>
/// <param name="Name">The quota, as the file calls it.</param>
/// <param name="Wait">When to try again; <see cref="Timeout.InfiniteTimeSpan"/> where the request alone is more than the quota.</param>
internal sealed record QuotaRefusal(string Name, long Limit, TimeSpan Wait)
{
    private const int LongestWait = 3_600;

    /// <summary>A body that is longer than the quota itself, so that trying again helps nothing.</summary>
    public static QuotaRefusal ForGood(string name, long limit) => new(name, limit, Timeout.InfiniteTimeSpan);

    /// <summary>Whether the request will never fit.</summary>
    public bool IsForGood => Wait == Timeout.InfiniteTimeSpan;

    private bool IsRate => Name.EndsWith("_per_second", StringComparison.Ordinal);

    /// <summary>
    /// Sets <c>Retry-After</c>, <c>RateLimit</c> and <c>RateLimit-Policy</c> (IETF draft "RateLimit header fields for HTTP"), and returns the exception
    /// that answers 429. Nothing of the request was taken. A request that will never fit is answered with 413, and is not to be sent again.
    /// </summary>
    public RequestRefusedException ToAnswer(HttpContext context)
    {
        if (IsForGood)
            return RequestRefusedException.TooLarge(string.Create(CultureInfo.InvariantCulture, $"the body is longer than the caller's quota {Name} of {Limit}"));
        var seconds = Math.Clamp((long)Math.Ceiling(Wait.TotalSeconds), 1, LongestWait);
        var headers = context.Response.Headers;
        headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"{Name}\";q={Limit}{(IsRate ? ";w=1" : "")}");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{Name}\";r=0;t={seconds}");
        return new RequestRefusedException(StatusCodes.Status429TooManyRequests, HttpErrorCodes.QuotaReached,
            string.Create(CultureInfo.InvariantCulture, $"the quota {Name} of {Limit} is used up; nothing was taken, try again in {seconds} s"));
    }
}
