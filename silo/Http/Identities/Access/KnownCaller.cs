namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// Admits what everybody may get, and those who put records with a credential that can be judged at once: an API key, a token that was proved before, a
/// certificate. Whoever is not admitted here is judged by <see cref="CallerGate"/>, and answered there.
/// </summary>
internal sealed class KnownCaller(CredentialCheck check)
{
    /// <summary>Admits a request, and sets its user; false where nothing was decided.</summary>
    public bool TryAdmit(HttpContext context) => RouteAccessTable.Of(context) switch
    {
        RouteAccess.Produce => TryAdmitPut(context),
        // Nobody need say who he is, and a proof costs: nothing would count those that fail. The Kinesis front alone, which is asked by POST, heeds it, and
        // looks at signatures itself.
        RouteAccess.Everybody => !HttpMethods.IsPost(context.Request.Method) || CallerCredential.IsSigned(context.Request)
            || (!CallerCredential.IsSent(context.Request) && context.Features.Get<ClientCertificate>() is null),
        _ => false,
    };

    private bool TryAdmitPut(HttpContext context)
    {
        if (Find(context)?.Principal is not { } user || !AccessRequirement.IsMet(context, CallerRights.Of(user)))
            return false;
        context.User = user;
        return true;
    }

    private ClientIdentity? Find(HttpContext context) =>
        CallerCredential.Read(context.Request) is { } credential ? check.FindKnown(credential)
        : !CallerCredential.IsSent(context.Request) && context.Features.Get<ClientCertificate>() is { } shown ? check.Check(shown).Identity
        : null;
}
