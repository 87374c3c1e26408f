using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>
/// The rights of the front's caller; what is refused is told as AWS tells it. In an app without an identities file, a caller whose principal has an identity
/// or a ban has the rights of its claims. Anybody else may do everything there.
/// </summary>
internal sealed class FrontRights(CallerRights? rights, IdentityQuotas? quotas, HttpContext? context)
{
    private static readonly FrontRights Everybody = new(null, null, null);

    public static FrontRights Of(HttpContext context) => context.RequestServices.HasIdentities()
        ? new FrontRights(CallerRights.Of(context.User), context.RequestServices.GetRequiredService<IdentityQuotas>(), context)
        : CallerRights.Find(context) is { } rights && (rights.Id is not null || rights.IsBanned) ? new FrontRights(rights, null, context)
        : Everybody;

    /// <summary>Refuses callers that may put into no stream at all: what they send need not be read.</summary>
    /// <exception cref="FrontException">The caller may not.</exception>
    public void RequireProduce(string operation)
    {
        if (rights is not null && !rights.May(IdentityRole.Produce))
            throw Denied(operation, "*");
    }

    /// <summary>Refuses callers that may not put into a stream, whether it exists or not.</summary>
    /// <exception cref="FrontException">The caller may not.</exception>
    public void RequireProduce(string operation, string stream)
    {
        if (rights is not null && !rights.May(IdentityRole.Produce, stream))
            throw Denied(operation, stream);
    }

    /// <summary>Refuses callers that may not look at a stream, whether it exists or not.</summary>
    /// <exception cref="FrontException">The caller may not.</exception>
    public void RequireSight(string operation, string stream)
    {
        if (!MaySee(stream))
            throw Denied(operation, stream);
    }

    /// <summary>The identity whose quota of questions a description counts in; nobody's where everybody is taken.</summary>
    public string? Caller => rights?.Id;

    public bool MaySee(string stream) => rights is null || rights.MaySee(stream);

    /// <summary>
    /// Holds the caller to its quotas until the answer is written: from the first byte of the body on where its connection has proved before who it is, else
    /// from now on.
    /// </summary>
    /// <exception cref="FrontException">The quota is used up; nothing was taken.</exception>
    public QuotaCharge? Enter(long bytes)
    {
        if (quotas is null || rights?.Id is not { } identity)
            return null;
        if (context!.Features.Get<QuotaCharge>() is { } begun)
        {
            if (begun.Identity == identity)
                return begun;
            begun.Refund(isRefused: false); // the key is another identity's since the file has changed
        }

        if (!quotas.TryEnter(identity, bytes, out var charge, out var refusal))
            throw refusal.IsForGood ? FrontErrors.TooLarge() : FrontErrors.OverQuota();
        context.Features.Set(charge);
        context.Response.RegisterForDispose(charge);
        return charge;
    }

    /// <summary>Counts a description among the caller's requests under way until its answer is written.</summary>
    /// <exception cref="FrontException">There are as many as may be.</exception>
    public void BeginDescription()
    {
        if (quotas is null || rights?.Id is not { } identity)
            return;
        if (quotas.TryAsk(identity) is not { } charge)
            throw FrontErrors.TooManyAtOnce();
        context!.Response.RegisterForDispose(charge);
    }

    private FrontException Denied(string operation, string stream)
    {
        context!.RequestServices.GetRequiredService<FailedProofs>().NoteForbidden(context, rights!.Id);
        return FrontErrors.AccessDenied($"User: {rights.Id ?? "anonymous"} is not authorized to perform: kinesis:{operation} on resource: {stream}");
    }
}
