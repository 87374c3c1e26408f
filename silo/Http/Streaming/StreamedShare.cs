using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>What the caller of an endless request may do now. A right that was taken away, and a rate, count for its later lines too.</summary>
internal sealed class StreamedShare(HttpContext context, TimeProvider time)
{
    /// <summary>So often a caller is asked again who it is.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly bool _hasIdentities = context.RequestServices.HasIdentities();
    private long _askedAt = time.GetTimestamp();

    /// <summary>Lets the next lines pass.</summary>
    /// <exception cref="RequestRefusedException">The caller may not put any more.</exception>
    public async ValueTask EnterAsync()
    {
        if (!_hasIdentities || time.GetElapsedTime(_askedAt) < Period)
            return;
        _askedAt = time.GetTimestamp();
        var answer = await context.AuthenticateAsync();
        if (answer.Principal is not { } principal)
            throw new RequestRefusedException(StatusCodes.Status401Unauthorized, HttpErrorCodes.NotAuthenticated, "the credential is no longer valid");
        var rights = CallerRights.Of(principal);
        if (!AccessRequirement.IsMet(context, rights))
            throw RequestRefusedException.Forbidden(rights.IsBanned ? AccessRefusal.Banned(rights.Id!) : AccessRequirement.Describe(context, rights.Id ?? "the caller"));
    }

    /// <summary>Charges records that were accepted.</summary>
    public void CountRecords(int records) => context.Features.Get<QuotaTurn>()?.CountRecords(records);
}
