using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>
/// The rights and quotas of the caller of an endless request. A right that was taken away counts for its later lines too, and each window is a request to its
/// identity's quotas. Without identities nothing of this is there.
/// </summary>
internal sealed class StreamedShare(HttpContext context, TimeSpan longestWait, TimeProvider time) : IDisposable
{
    /// <summary>So often a caller is asked again who it is.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly IdentityQuotas? _quotas = context.RequestServices.GetService<IdentityQuotas>();
    private CallerRights _rights = CallerRights.Of(context.User);
    private QuotaCharge? _charge;
    private long _askedAt = time.GetTimestamp();

    /// <summary>Begins the next window, and waits where a quota is used up: a client that is answered later sends later.</summary>
    /// <param name="bytes">The bytes of its lines.</param>
    /// <param name="isFirst">Whether the refusal is the answer of the request, whose headers say when to try again.</param>
    /// <param name="stop">Cancels the wait.</param>
    /// <exception cref="RequestRefusedException">The caller may not put any more (401, 403), or its quota stayed used up (429).</exception>
    public async ValueTask EnterAsync(long bytes, bool isFirst, CancellationToken stop)
    {
        if (_quotas is null)
            return;
        await CheckRightsAsync();
        if (_rights.Id is not { } identity)
            return;
        Dispose(); // the former window was accepted
        var start = time.GetTimestamp();
        QuotaRefusal? refusal;
        while (!_quotas.TryEnter(identity, bytes, out _charge, out refusal, isWindow: true))
        {
            var left = longestWait - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                throw isFirst ? refusal.ToAnswer(context) : Explain(refusal);
            await Task.Delay(refusal.Wait < left ? refusal.Wait : left, time, stop);
        }
    }

    /// <summary>Charges records that were accepted.</summary>
    public void CountRecords(int records) => _charge?.CountRecords(records);

    /// <summary>Gives back what a window took of a quota a second, because nothing of it was taken.</summary>
    /// <param name="isRefused">Whether it was refused; the client may have gone away too.</param>
    public void Refund(bool isRefused) => _charge?.Refund(isRefused);

    public void Dispose()
    {
        _charge?.Dispose();
        _charge = null;
    }

    private async ValueTask CheckRightsAsync()
    {
        if (time.GetElapsedTime(_askedAt) < Period)
            return;
        _askedAt = time.GetTimestamp();
        var answer = await context.AuthenticateAsync();
        if (answer.Principal is not { } principal)
            throw new RequestRefusedException(StatusCodes.Status401Unauthorized, HttpErrorCodes.NotAuthenticated, "the credential is no longer valid");
        _rights = CallerRights.Of(principal);
        if (!AccessRequirement.IsMet(context, _rights))
        {
            throw RequestRefusedException.Forbidden(
                _rights is { IsBanned: true, Id: { } banned } ? AccessRefusal.Banned(banned) : AccessRequirement.Describe(context, _rights.Id ?? "the caller"));
        }
    }

    private static RequestRefusedException Explain(QuotaRefusal refusal) => new(StatusCodes.Status429TooManyRequests, HttpErrorCodes.QuotaReached,
        string.Create(CultureInfo.InvariantCulture, $"the quota {refusal.Name} of {refusal.Limit} stayed used up; the line was not taken"));
}
