using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// Which streams a reader may see now. Without identities all of them. A right that was taken away counts within two seconds for whoever reads on.
/// </summary>
internal sealed class WatchRights(HttpContext context, TimeProvider time)
{
    private readonly LastingRights _rights = new(context, time);

    /// <summary>Whether the reader may look at a stream.</summary>
    public bool MaySee(string stream) => !_rights.AreAsked || _rights.Current?.May(IdentityRole.Status, stream) == true;

    /// <exception cref="RequestRefusedException">The reader may not look at the stream.</exception>
    public void Check(string stream)
    {
        if (stream.Length > 0 && !MaySee(stream))
            throw RequestRefusedException.Forbidden($"{_rights.Current?.Id ?? "the caller"} may not look at '{stream}'");
    }

    /// <summary>Asks again who the reader is, where that is due; false where it may not read any more.</summary>
    /// <param name="stream">The stream that it reads; empty for none.</param>
    public async ValueTask<bool> StillHoldAsync(string stream) => !await _rights.AskAgainAsync()
        || (stream.Length == 0 ? _rights.Current?.May(IdentityRole.Status) == true : MaySee(stream));
}
