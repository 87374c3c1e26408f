using Microsoft.AspNetCore.Builder;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Answers probes alone until the process takes part in its cluster: whoever watches the process sees that it is alive, and why it is not ready.
/// </summary>
/// <param name="reason">Why it is not ready yet.</param>
internal sealed class JoiningCheck(string reason) : IReadinessCheck
{
    private const string Probes = "/health";

    private volatile bool _hasJoined;

    /// <summary>Lets all requests in.</summary>
    public void Complete() => _hasJoined = true;

    public string? FindObstacle() => _hasJoined ? null : reason;

    /// <summary>Refuses what is no probe while the process has not joined. Nothing of such a request was taken.</summary>
    public void Use(IApplicationBuilder app, TimeSpan retryAfter) => app.Use((context, next) =>
    {
        if (_hasJoined || context.Request.Path.StartsWithSegments(Probes, StringComparison.Ordinal))
            return next(context);
        return ErrorAnswer.WriteAsync(
            context, new RequestRefusedException(StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.NotReady, reason, retryAfter));
    });
}
