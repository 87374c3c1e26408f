using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Orleans.Kpl.Administration;
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
            ? new(CheckKey(store.Current, credential))
            : tokens.CheckAsync(credential);

    /// <summary>Returns whose credential it is where that can be told at once; null where it cannot, and where it is nobody's.</summary>
    public ClientIdentity? FindKnown(string credential) =>
        credential.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal)
            ? CheckKey(store.Current, credential).Identity
            : tokens.FindProved(store.Current, credential);

    /// <summary>Tells whose certificate it is. Names of two identities in one certificate are nobody's.</summary>
    public CredentialAnswer Check(ClientCertificate shown)
    {
        if (shown.FindFault(time.GetUtcNow()) is { } fault)
            return CredentialAnswer.Refused(fault);
        var set = store.Current;
        string? found = null;
        foreach (var name in shown.Names)
        {
            if (!set.Certificates.TryGetValue(name, out var id))
                continue;
            if (found is not null && found != id)
                return CredentialAnswer.Refused("the certificate has names of two identities");
            found = id;
        }
        return found is null ? CredentialAnswer.Refused("no name of the certificate is an identity's") : CredentialAnswer.Known(set.Identities[found]);
    }

    private CredentialAnswer CheckKey(IdentitySet set, string key)
    {
        if (ApiKeyText.FindId(key) is not { } id)
            return CredentialAnswer.Refused(Unknown);
        var isThere = set.ApiKeys.TryGetValue(id, out var known);
        var isSame = CryptographicOperations.FixedTimeEquals(ApiKeyText.HashOf(key), isThere ? known.Hash : Nobody);
        if (!isThere || !isSame)
            return CredentialAnswer.Refused(Unknown);
        var now = time.GetUtcNow();
        if (now >= known.Until)
            return CredentialAnswer.Refused("the API key has expired");
        store.ApiKeyUses.Of(id).Note(now);
        return CredentialAnswer.Known(set.Identities[known.Identity]);
    }
}

/// <summary>The identity that a credential belongs to, or why it is nobody's. The reason says nothing of the credential itself.</summary>
/// <param name="IsOpen">Whether it may be somebody's: what would tell could not be asked.</param>
internal readonly record struct CredentialAnswer(ClientIdentity? Identity, string? Reason, bool IsOpen = false)
{
    [MemberNotNullWhen(true, nameof(Identity))]
    public bool IsKnown => Identity is not null;

    public static CredentialAnswer Known(ClientIdentity identity) => new(identity, null);

    public static CredentialAnswer Refused(string reason) => new(null, reason);
}

/// <summary>When a key was used last, to the second. Safe on any thread.</summary>
internal sealed class KeyUse
{
    private long _at;

    /// <summary>Null where it was not, since this process has started.</summary>
    public DateTimeOffset? Last => Volatile.Read(ref _at) is > 0 and var at ? new DateTimeOffset(at, TimeSpan.Zero) : null;

    /// <summary>Notes that the key was proved. Whoever merely names it does not use it.</summary>
    public void Note(DateTimeOffset now)
    {
        // Requests come on all processors: they seldom write what all of them read.
        if (now.UtcTicks - Volatile.Read(ref _at) >= TimeSpan.TicksPerSecond)
            Volatile.Write(ref _at, now.UtcTicks);
    }
}

/// <summary>The uses of keys of one kind, by their ids. They outlast a change of the file.</summary>
internal sealed class KeyUses
{
    private readonly ConcurrentDictionary<string, KeyUse> _all = new(StringComparer.Ordinal);

    /// <summary>Returns the uses of a key of the file.</summary>
    public KeyUse Of(string id) => _all.GetOrAdd(id, static _ => new KeyUse());
}
