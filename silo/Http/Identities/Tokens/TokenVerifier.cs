using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Proves tokens: signature, issuer, audience and times. A proved one is remembered for a while.</summary>
internal sealed class TokenVerifier(
    IdentityStore store, Func<Uri, CancellationToken, Task<byte[]>> fetch, TimeProvider time, ILogger<TokenVerifier> logger)
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaxLength = 8 << 10;

    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };

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
            return Of(known);
        if (TokenText.Parse(text) is not { } token)
            return CredentialAnswer.Refused("it is no API key, and no signed token");
        // A claim that is null is an issuer that is null.
        if (token.Issuer is not { } name || !set.Issuers.TryGetValue(name, out var issuer))
            return CredentialAnswer.Refused("the token's issuer is not known here");
        if (!TokenKeyReader.Algorithms.Contains(token.Alg))
            return CredentialAnswer.Refused($"the token's algorithm is none of {string.Join(", ", TokenKeyReader.Algorithms)}");
        var keys = issuer.KeysAddress is { } address ? await PublishedAt(address).GetAsync(KeyIdOf(token)) : issuer.Keys;
        if (!keys.AreRead)
            return CredentialAnswer.Refused("the keys of the token's issuer could not be read yet") with { IsOpen = true };
        if (await FindFaultAsync(token, issuer, keys.Keys) is { } fault)
            return CredentialAnswer.Refused(fault);

        var identity = set.Subjects.TryGetValue((token.Issuer, token.Subject), out var id) ? set.Identities[id] : null;
        var proof = new TokenProof(set, identity, token.ValidTo + TokenTimes.Skew, keys);
        _proved.Add(hash, proof);
        return Of(proof);
    }

    /// <summary>Tells whose the token is if it was proved before by these identities; null else.</summary>
    public ClientIdentity? FindProved(IdentitySet set, string text) =>
        text.Length <= MaxLength ? _proved.Find(set, HashOf(text))?.Identity : null;

    private static string HashOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string? KeyIdOf(JsonWebToken token) => token.Kid is { Length: > 0 } id ? id : null;

    private static CredentialAnswer Of(TokenProof proof) =>
        proof.Identity is { } identity ? CredentialAnswer.Known(identity) : CredentialAnswer.Refused("the token's subject is no identity here");

    private async ValueTask<string?> FindFaultAsync(JsonWebToken token, TokenIssuer issuer, IReadOnlyList<JsonWebKey> keys)
    {
        var id = KeyIdOf(token);
        // Issuers with one key often give it no name. Of several, none is tried that the token does not name: each costs a proof.
        if (id is null && keys.Count > 1)
            return "the token names no key (kid), and its issuer has several";
        SecurityKey[] named = [.. keys.Where(k => (id is null || k.Kid == id) && TokenKeyReader.Fits(k, token.Alg))];
        string? fault = null;
        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKeyResolver = (_, _, _, _) => named, TryAllIssuerSigningKeys = false, ValidateIssuerSigningKey = true, RequireSignedTokens = true,
            ValidAlgorithms = TokenKeyReader.Algorithms, ValidIssuer = issuer.Issuer,
            ValidAudience = issuer.Audience, IgnoreTrailingSlashWhenValidatingAudience = false,
            LifetimeValidator = (_, _, _, _) => (fault = TokenTimes.FindFault(token, issuer.MaxLifetime, time.GetUtcNow())) is null,
            ValidateSignatureLast = true, // It costs most.
            IncludeTokenOnFailedValidation = false, LogValidationExceptions = false,
        });
        if (result.IsValid)
            return token.Subject is { Length: > 0 } ? null : "the token has no subject";
        return fault ?? (result.Exception is SecurityTokenInvalidAudienceException
            ? "the token is for another audience"
            : "the token's signature is by no key of its issuer");
    }

    private PublishedKeys PublishedAt(Uri address) => _published.GetOrAdd(address, a => new PublishedKeys(a, fetch, time, logger));
}

/// <summary>Somebody whose tokens are believed.</summary>
/// <param name="Issuer">The text of their claim <c>iss</c>.</param>
/// <param name="Audience">What one of their audiences must be.</param>
/// <param name="MaxLifetime">For how long a token of theirs may be valid.</param>
/// <param name="Keys">The keys, where they come from a file.</param>
/// <param name="KeysAddress">Where the keys are published, else.</param>
internal sealed record TokenIssuer(string Issuer, string Audience, TimeSpan MaxLifetime, KeysReading Keys, Uri? KeysAddress);
