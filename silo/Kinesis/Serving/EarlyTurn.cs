using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Kinesis.Answering;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>
/// Holds a put to its caller's quotas while its body arrives, where it is known before whose it is. To charge whoever is merely named would let anybody use
/// up the quota of others: such a body is charged when it is there.
/// </summary>
internal static class EarlyTurn
{
    /// <summary>Begins a put.</summary>
    /// <param name="identity">Whose it is; null where that is not known yet.</param>
    /// <exception cref="FrontException">A quota is used up; nothing was taken.</exception>
    public static void Begin(HttpContext context, string? identity)
    {
        if (identity is null || context.RequestServices.GetService<IdentityQuotas>() is not { } quotas || !FrontOperations.IsPut(context.Request))
            return;
        if (!quotas.TryBegin(context, identity, out var turn, out var refusal))
            throw refusal.IsForGood ? FrontErrors.TooLarge() : FrontErrors.OverQuota();
        context.Response.RegisterForDispose(turn);
    }
}
