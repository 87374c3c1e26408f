using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Proves tokens: signature, issuer, audience and times. A proved one is remembered until it expires.</summary>
internal sealed class TokenVerifier(
    IdentityStore store, Func<Uri, CancellationToken, Task<byte[]>> fetch, TimeProvider time, ILogger<TokenVerifier> logger)
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaxLength = 8 << 10;

    /// <summary>How far the clocks of issuer and tier may be apart.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Uri, PublishedKeys> _published = new();
    private readonly ProvedTokens _proved = new(time);

    /// <summary>Tells whose the token is; a reason, without anything of the token, if it is nobody's.</summary>
    public async ValueTask<CredentialAnswer> CheckAsync(string text)
    {
        if (text.Length > MaxLength)
            return CredentialAnswer.Refused("the token is longer than 8 KiB");
        var set = store.Current;
        var hash = HashOf(text);
        if (_proved.Find(set, hash) is { } known)
            return OfSubject(set, (known.Issuer, known.Subject));
        if (ParsedToken.Parse(text) is not { } token)
            return CredentialAnswer.Refused("it is no API key, and no signed token");
        if (token.Issuer is null || !set.Issuers.TryGetValue(token.Issuer, out var issuer))
            return CredentialAnswer.Refused("the token's issuer is not known here");
        if (FindFault(token, issuer) is { } fault)
            return CredentialAnswer.Refused(fault);
        if (TokenAlgorithm.Find(token.Algorithm) is not { } algorithm)
            return CredentialAnswer.Refused("the token's algorithm is none of RS256, RS384, PS256, PS384, ES256, ES384");
        var keys = issuer.KeysAddress is { } address ? await PublishedAt(address).GetAsync(token.KeyId) : issuer.Keys;
        if (!IsSigned(token, algorithm, keys))
            return CredentialAnswer.Refused("the token's signature is by no key of its issuer");

        var subject = (token.Issuer, token.Subject!);
        _proved.Add(set, hash, subject, token.Expires!.Value + Skew);
        return OfSubject(set, subject);
    }

    /// <summary>Tells whose the token is if it was proved before by these identities; null else.</summary>
    public CredentialProof? FindProved(IdentitySet set, string text) =>
        text.Length <= MaxLength && _proved.Find(set, HashOf(text)) is { } known
        && OfSubject(set, (known.Issuer, known.Subject)).Identity is { } identity
            ? new CredentialProof(set, identity, known.Until)
            : null;

    private static string HashOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static CredentialAnswer OfSubject(IdentitySet set, (string, string) subject) => set.Subjects.TryGetValue(subject, out var identity)
        ? CredentialAnswer.Known(identity)
        : CredentialAnswer.Refused("the token's subject is no identity here");

    private string? FindFault(ParsedToken token, TokenIssuer issuer)
    {
        var now = time.GetUtcNow();
        if (!token.Audiences.Contains(issuer.Audience))
            return "the token is for another audience";
        if (token.Subject is null)
            return "the token has no subject";
        if (token.Expires is not { } expires)
            return "the token never expires";
        if (now >= expires + Skew)
            return "the token has expired";
        return token.NotBefore > now + Skew ? "the token is not valid yet" : null;
    }

    /// <remarks>A token that names no key is tried with all: issuers with one key often give it no name.</remarks>
    private static bool IsSigned(ParsedToken token, TokenAlgorithm algorithm, IReadOnlyList<TokenKey> keys) =>
        keys.Any(k => (token.KeyId is null || k.Id == token.KeyId) && k.Fits(algorithm) && k.Verify(algorithm, token.Signed, token.Signature));

    private PublishedKeys PublishedAt(Uri address) => _published.GetOrAdd(address, a => new PublishedKeys(a, fetch, time, logger));
}
