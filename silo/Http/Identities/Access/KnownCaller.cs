using Microsoft.AspNetCore.Connections;

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

        return !CallerCredential.IsSent(context.Request) && context.Features.Get<ClientCertificate>() is { } shown ? check.Check(shown).Identity : null;
    }
}

/// <summary>
/// The credential that was proved last on a connection. The server hands out the same string for a header whose bytes are those of the request before, so a
/// client that stays with its credential costs a comparison of references, and neither a hash nor a copy. Safe on any thread.
/// </summary>
/// <remarks>
/// Why it is safe: strings never change, so the same object is the text that this connection has proved. Text is never compared with text, so time tells
/// nobody how much of a guess is right. A proof holds for the identities in force and until it expires (<see cref="CredentialCheck.Holds"/>): a ban, a
/// key taken out or other keys in an issuer's file are other identities. One of a token holds while the keys that the issuer publishes are those that have
/// proved it. Whatever is not the same object is proved as if nothing were known.
/// </remarks>
internal sealed class ConnectionCredential
{
    private volatile Known? _last;
    private volatile ConnectionSigner? _signer;
    private volatile bool _isShared;

    /// <summary>Gives each connection of a listener its own.</summary>
    public static ConnectionDelegate Keep(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new ConnectionCredential());
        return next(connection);
    };

    /// <summary>Returns what was proved of this very header; null if it was another one.</summary>
    public CredentialProof? Find(string header) => _last is { } last && ReferenceEquals(last.Header, header) ? last.Proof : null;

    /// <summary>Remembers what was proved of a header, in place of what was before.</summary>
    public void Note(string header, CredentialProof proof) => _last = new Known(header, proof);

    /// <summary>
    /// Returns whose access key signed here, as it was then; null if it was another key, or if several clients share the connection. It tells whom to charge,
    /// and proves nothing.
    /// </summary>
    public string? FindSigner(string accessKeyId) =>
        !_isShared && _signer is { } last && last.AccessKeyId == accessKeyId ? last.Identity : null;

    /// <summary>Notes that several clients share the connection, as behind a proxy. That stays so.</summary>
    public void Share() => _isShared = true;

    /// <summary>Remembers whose access key signed. Keys of one identity may follow each other, as sessions do.</summary>
    public void NoteSigner(string accessKeyId, string identity)
    {
        var last = _signer;
        if (last is not null && last.Identity != identity)
            Share();
        if (last is null || last.AccessKeyId != accessKeyId || last.Identity != identity)
            _signer = new ConnectionSigner(accessKeyId, identity);
    }

    private sealed record Known(string Header, CredentialProof Proof);

    private sealed record ConnectionSigner(string AccessKeyId, string Identity);
}
