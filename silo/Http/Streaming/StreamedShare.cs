using System.Globalization;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>
/// The rights and quotas of the caller of an endless request. A right that was taken away counts for its later lines too. To its identity's quotas the
/// request is under way until it ends, with the bytes that it has in memory, and each window counts as one. Without identities nothing of this is there.
/// </summary>
internal sealed class StreamedShare(HttpContext context, TimeSpan longestWait, TimeProvider time) : IDisposable
{
    private readonly IdentityQuotas? _quotas = context.RequestServices.GetService<IdentityQuotas>();
    private readonly LastingRights _rights = new(context, time);
    private IdentityUsage? _open;
    private (IdentityUsage Usage, long Bytes, int Records)? _window; // of which nothing was accepted yet

    /// <summary>The bytes that are charged as being in memory.</summary>
    public long Held { get; private set; }

    /// <summary>Begins the request before anything of it is read, and waits where a quota is used up.</summary>
    /// <exception cref="RequestRefusedException">The quota stayed used up (429).</exception>
    public async ValueTask OpenAsync(CancellationToken stop)
    {
        if (_quotas is null || _rights.Current?.Id is not { } identity)
            return;
        var usage = _quotas.UsageOf(identity);
        await WaitAsync(usage, window: null, isFirst: true, stop);
        _open = usage;
    }

    /// <summary>Charges bytes that the request has in memory, in place of those before.</summary>
    /// <param name="isNeeded">Whether the request ends without them. Else it is only faster with them: half of the quota stays for those that need it.</param>
    /// <param name="line">How many lines were read before.</param>
    /// <returns>Whether the quota has room for them.</returns>
    /// <exception cref="RequestRefusedException">It has none, and they are needed (413, 429).</exception>
    public bool TryHold(long bytes, bool isNeeded, long line)
    {
        if (_open is null)
            return true;
        var most = _quotas!.QuotaOf(_open.Identity).BodyBytesInFlight;
        if (_open.TryHold(isNeeded ? most : most / 2, Held, bytes - Held) is not { } refusal)
        {
            Held = bytes;
            return true;
        }
        if (!isNeeded)
            return false;
        _open.CountRefused();
        if (refusal.IsForGood)
            throw RequestRefusedException.TooLarge(string.Create(CultureInfo.InvariantCulture, $"line {line + 1} is longer than the caller's quota {refusal.Name} of {most}"));
        throw line == 0 ? refusal.ToAnswer(context) : Explain(refusal, "is used up; lines without a result were not taken");
    }

    /// <summary>Begins the next window, and waits where a quota is used up: a client that is answered later sends later.</summary>
    /// <param name="isFirst">Whether the refusal is the answer of the request, whose headers say when to try again.</param>
    /// <exception cref="RequestRefusedException">The caller may not put any more (401, 403), or its quota stayed used up (429).</exception>
    public async ValueTask EnterAsync(long bytes, int records, bool isFirst, CancellationToken stop)
    {
        _window = null; // The former one is not given back when this one is refused.
        if (_quotas is null)
            return;
        await CheckRightsAsync();
        if (_rights.Current?.Id is not { } identity)
            return;
        var usage = _quotas.UsageOf(identity);
        await WaitAsync(usage, (bytes, records), isFirst, stop);
        _window = (usage, bytes, records);
    }

    /// <summary>Notes that the records of the window were accepted. From then on nothing is given back.</summary>
    public void Settle() => _window = null;

    /// <summary>Gives back what a window took of a quota a second, because nothing of it was taken.</summary>
    /// <param name="isRefused">Whether it was refused; the client may have gone away too.</param>
    public void Refund(bool isRefused)
    {
        if (_window is { } window)
        {
            window.Usage.Refund(window.Bytes, isRefused);
            window.Usage.ReturnRecords(window.Records);
        }
        _window = null;
    }

    public void Dispose()
    {
        _open?.Leave(Held);
        _open = null;
    }

    /// <param name="window">What a window has; null for the request itself.</param>
    private async ValueTask WaitAsync(IdentityUsage usage, (long Bytes, int Records)? window, bool isFirst, CancellationToken stop)
    {
        var start = time.GetTimestamp();
        while (TryBegin(usage, window) is { } refusal)
        {
            var left = longestWait - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                usage.CountRefused();
                throw isFirst ? refusal.ToAnswer(context) : Explain(refusal, "stayed used up; the line was not taken");
            }
            await Task.Delay(refusal.Wait < left ? refusal.Wait : left, time, stop);
        }
    }

    private QuotaRefusal? TryBegin(IdentityUsage usage, (long Bytes, int Records)? window)
    {
        var quota = _quotas!.QuotaOf(usage.Identity);
        return window is { } lines ? usage.TryTake(quota, lines.Bytes, lines.Records) : usage.TryOpen(quota);
    }

    private async ValueTask CheckRightsAsync()
    {
        if (!await _rights.AskAgainAsync())
            return;
        if (_rights.Current is not { Id: { } identity } rights)
            throw new RequestRefusedException(StatusCodes.Status401Unauthorized, HttpErrorCodes.NotAuthenticated, "the credential is no longer valid");
        if (!AccessRequirement.IsMet(context, rights))
            throw RequestRefusedException.Forbidden(AccessRequirement.Explain(context, identity, rights));
    }

    private static RequestRefusedException Explain(QuotaRefusal refusal, string consequence) => new(
        StatusCodes.Status429TooManyRequests, HttpErrorCodes.QuotaReached,
        string.Create(CultureInfo.InvariantCulture, $"the quota {refusal.Name} of {refusal.Limit} {consequence}"));
}
