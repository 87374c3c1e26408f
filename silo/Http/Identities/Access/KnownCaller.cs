using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// Admits those who put records with a credential that can be judged at once: an API key, a token that was proved before, a certificate. The user is the
/// one that <see cref="CredentialHandler"/> would set, and the rule the one that <see cref="AccessHandler"/> judges by; what is spared is the way through
/// authentication and authorization of ASP.NET Core, which costs more than a record. Whoever is not admitted here goes that way, and is answered there.
/// </summary>
internal sealed class KnownCaller(CredentialCheck check)
{
    /// <summary>Admits a request, and sets its user; false where nothing was decided.</summary>
    public bool TryAdmit(HttpContext context) => RouteAccessTable.Of(context) switch
    {
        RouteAccess.Produce => TryAdmitPut(context),
        // Nobody says who he is, and nobody need: the Kinesis front looks at signatures itself, and by them alone.
        RouteAccess.Everybody => CallerCredential.IsSigned(context.Request)
            || (!CallerCredential.IsSent(context.Request) && context.Features.Get<CertificateNames>() is null),
        _ => false,
    };

    private bool TryAdmitPut(HttpContext context)
    {
        if (Find(context)?.Principal is not { } user || !AccessRequirement.IsMet(context, CallerRights.Of(user)))
            return false;
        context.User = user;
        return true;
    }

    private ClientIdentity? Find(HttpContext context)
    {
        var header = CallerCredential.Header(context.Request);
        var connection = context.Features.Get<ConnectionCredential>();
        if (header is not null && connection?.Find(header) is { } before && check.Holds(before))
            return before.Identity;
        if (CallerCredential.Read(context.Request) is { } credential)
        {
            if (check.FindKnown(credential) is not { } proof)
                return null;
            connection?.Note(header!, proof);
            return proof.Identity;
        }

        return !CallerCredential.IsSent(context.Request) && context.Features.Get<CertificateNames>() is { } names ? check.Check(names).Identity : null;
    }
}
