using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Kinesis.Answering;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>
/// Holds a put to its caller's quotas while its body arrives. A signature is proved by the body, so the first body that a connection brings is charged when
/// it is there; whatever a connection brings later under the same access key is charged as it comes. To charge whoever is merely named would let anybody
/// use up the quota of others.
/// </summary>
internal static class EarlyTurn
{
    /// <summary>Begins a put.</summary>
    /// <param name="context">The request.</param>
    /// <param name="accessKeyId">The key that it names; null where it need not be signed.</param>
    /// <exception cref="FrontException">A quota is used up; nothing was taken.</exception>
    public static void Begin(HttpContext context, string? accessKeyId)
    {
        if (context.RequestServices.GetService<IdentityQuotas>() is not { } quotas || !FrontOperations.IsPut(context.Request))
            return;
        var identity = accessKeyId is null
            ? CallerRights.Of(context.User).Id
            : context.Features.Get<ConnectionCredential>()?.FindSigner(accessKeyId);
        if (identity is null)
            return;
        if (!quotas.TryBegin(context, identity, out var turn, out var refusal))
            throw refusal.IsForGood ? FrontErrors.TooLarge() : FrontErrors.OverQuota();
        context.Response.RegisterForDispose(turn);
    }

    /// <summary>Remembers who signs on the connection, once it is proved.</summary>
    public static void Note(HttpContext context, string accessKeyId, ClaimsPrincipal user)
    {
        if (CallerRights.Of(user).Id is { } identity)
            context.Features.Get<ConnectionCredential>()?.NoteSigner(accessKeyId, identity);
    }
}
