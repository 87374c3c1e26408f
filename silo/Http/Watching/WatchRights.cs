using Microsoft.AspNetCore.Authentication;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// Which streams a reader may see now. Without identities all of them. A right that was taken away counts within two seconds for whoever reads on.
/// </summary>
internal sealed class WatchRights(HttpContext context, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly bool _isAsked = context.RequestServices.GetService<IdentityQuotas>() is not null;
    private CallerRights? _rights = CallerRights.Find(context);
    private long _askedAt = time.GetTimestamp();

    /// <summary>Whether the reader may look at a stream.</summary>
    public bool MaySee(string stream) => !_isAsked || _rights?.May(IdentityRole.Status, stream) == true;

    /// <exception cref="RequestRefusedException">The reader may not look at the stream.</exception>
    public void Check(string stream)
    {
        if (stream.Length > 0 && !MaySee(stream))
            throw RequestRefusedException.Forbidden($"{_rights?.Id ?? "the caller"} may not look at '{stream}'");
    }

    /// <summary>Asks again who the reader is, where that is due; false where it may not read any more.</summary>
    /// <param name="stream">The stream that it reads; empty for none.</param>
    public async ValueTask<bool> StillHoldAsync(string stream)
    {
        if (!_isAsked || time.GetElapsedTime(_askedAt) < Period)
            return true;
        _askedAt = time.GetTimestamp();
        var answer = await context.AuthenticateAsync();
        _rights = answer.Principal is { } principal ? CallerRights.Of(principal) : null;
        return _rights is not null && (stream.Length == 0 ? _rights.May(IdentityRole.Status) : MaySee(stream));
    }
}
