using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Kinesis.Signing;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>
/// Tells whose a signed request is before its body is there: the head proves it, or a connection of one client alone has signed before with the same key.
/// Proxies put requests of many clients onto one connection. Whatever such a connection has proved says nothing of its next request.
/// </summary>
internal static class EarlySigner
{
    /// <summary>Returns whose request it is; null where only its body can tell.</summary>
    public static string? Of(HttpContext context, SignedHead head, KplHttpOptions options, TrustedProxies proxies)
    {
        if (head.IsProved)
            return NameOf(head);
        if (context.Features.Get<ConnectionSigner>() is not { } connection)
            return null;
        if (options.AllowPlaintext || proxies.Names(context.Connection.RemoteIpAddress) || ProxyHeaders.Find(context.Request.Headers) is not null)
            connection.Share();
        return connection.Find(head.Claim.AccessKeyId);
    }

    /// <summary>Whom a head names: an identity, or a key of whoever knows keys but no identities.</summary>
    public static string NameOf(SignedHead head) => CallerRights.Of(head.Signer).Id ?? head.Claim.AccessKeyId;

    /// <summary>Remembers who signs on the connection, once it is proved.</summary>
    public static void Note(HttpContext context, SignedHead head)
    {
        if (CallerRights.Of(head.Signer).Id is { } identity)
            context.Features.Get<ConnectionSigner>()?.Note(head.Claim.AccessKeyId, identity);
    }

    /// <summary>Notes a signature that was wrong: somebody else sends over this connection.</summary>
    public static void NoteForgery(HttpContext context) => context.Features.Get<ConnectionSigner>()?.Share();
}

/// <summary>
/// Holds a put to its caller's quotas while its body arrives, where it is known before whose it is. To charge whoever is merely named would let anybody use
/// up the quota of others: such a body is charged when it is there.
/// </summary>
internal static class EarlyCharge
{
    /// <summary>Begins a put.</summary>
    /// <param name="identity">Whose it is; null where that is not known yet.</param>
    /// <exception cref="FrontException">A quota is used up; nothing was taken.</exception>
    public static void Begin(HttpContext context, string? identity)
    {
        if (identity is null || context.RequestServices.GetService<IdentityQuotas>() is not { } quotas || !FrontOperations.IsPut(context.Request))
            return;
        if (!quotas.TryBegin(context, identity, out var charge, out var refusal))
            throw refusal.IsForGood ? FrontErrors.TooLarge() : FrontErrors.OverQuota();
        context.Response.RegisterForDispose(charge);
    }
}
