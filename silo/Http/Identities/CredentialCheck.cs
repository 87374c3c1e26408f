using System.Security.Cryptography;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Tokens;

namespace Orleans.Kpl.Http.Identities;

/// <summary>Tells whose an API key or a token is.</summary>
internal sealed class CredentialCheck(IdentityStore store, TokenVerifier tokens, TimeProvider time)
{
    private const string Unknown = "the API key is not known here";

    // An id that nobody has costs a comparison too, so that time does not tell which ids there are.
    private static readonly byte[] Nobody = new byte[SHA256.HashSizeInBytes];

    public ValueTask<CredentialAnswer> CheckAsync(string credential) =>
        credential.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal)
            ? new(CheckKey(store.Current, credential, out _, out _))
            : tokens.CheckAsync(credential);

    /// <summary>Returns whose credential it is where that can be told at once; null where it cannot, and where it is nobody's.</summary>
    public CredentialProof? FindKnown(string credential)
    {
        var set = store.Current;
        if (!credential.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal))
            return tokens.FindProved(set, credential);
        return CheckKey(set, credential, out var until, out var use).Identity is { } identity ? new CredentialProof(set, identity, until, Use: use) : null;
    }

    /// <summary>
    /// Whether a credential that was proved before would be proved now: by the same identities and the same keys of its issuer, and it has not expired.
    /// </summary>
    public bool Holds(CredentialProof proof)
    {
        var now = time.GetUtcNow();
        if (!ReferenceEquals(proof.Set, store.Current) || now >= proof.Until || proof.Keys?.Holds() == false)
            return false;
        proof.Use?.Note(now);
        return true;
    }

    /// <summary>Tells whose certificate it is. Names of two identities in one certificate are nobody's.</summary>
    public CredentialAnswer Check(CertificateNames names)
    {
        var certificates = store.Current.Certificates;
        ClientIdentity? found = null;
        foreach (var name in names.All)
        {
            if (!certificates.TryGetValue(name, out var identity))
                continue;
            if (found is not null && found != identity)
                return CredentialAnswer.Refused("the certificate has names of two identities");
            found = identity;
        }
        return found is null ? CredentialAnswer.Refused("no name of the certificate is an identity's") : CredentialAnswer.Known(found);
    }

    private CredentialAnswer CheckKey(IdentitySet set, string key, out DateTimeOffset until, out KeyUse? use)
    {
        (until, use) = (default, null);
        if (ApiKeyText.FindId(key) is not { } id)
            return CredentialAnswer.Refused(Unknown);
        var isThere = set.ApiKeys.TryGetValue(id, out var known);
        var isSame = CryptographicOperations.FixedTimeEquals(ApiKeyText.HashOf(key), isThere ? known.Hash : Nobody);
        if (!isThere || !isSame)
            return CredentialAnswer.Refused(Unknown);
        until = known.Until;
        var now = time.GetUtcNow();
        if (now >= until)
            return CredentialAnswer.Refused("the API key has expired");
        use = store.ApiKeyUses.Of(id);
        use.Note(now);
        return CredentialAnswer.Known(known.Identity);
    }
}
