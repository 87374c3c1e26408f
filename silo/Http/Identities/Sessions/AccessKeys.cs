using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Http.Identities.Sessions;

/// <summary>The access keys of the identities' file, and those of sessions.</summary>
internal sealed partial class AccessKeys : IAccessKeys
{
    /// <summary>
    /// How long a session lasts. boto3 and the SDKs for Java and .NET ask for the next one when a quarter of an hour is left. One that was no longer than
    /// that would be fetched for each request.
    /// </summary>
    public static readonly TimeSpan SessionTime = TimeSpan.FromMinutes(30);

    private const int KeyBytes = 32;

    private readonly IdentityStore _store;
    private readonly TimeProvider _time;
    private readonly byte[] _ownKey = RandomNumberGenerator.GetBytes(KeyBytes);

    public AccessKeys(IdentityStore store, TimeProvider time, ILogger<AccessKeys> logger)
    {
        (_store, _time) = (store, time);
        if (store.Current.SessionKeys.Count == 0)
            LogOwnKey(logger);
    }

    public AccessKeyLookup Find(string accessKeyId, string? sessionToken)
    {
        var set = _store.Current;
        if (sessionToken is null)
        {
            return !set.AccessKeys.TryGetValue(accessKeyId, out var known) ? AccessKeyLookup.Unknown
                : _time.GetUtcNow() >= known.Until ? AccessKeyLookup.Expired
                : new AccessKeyLookup(AccessKeyState.Found, known.Secret, set.Identities[known.Identity].Principal)
                {
                    Use = _store.AccessKeyUses.Of(accessKeyId),
                };
        }
        if (SessionTokens.Open(sessionToken, KeysOf(set)) is not { } session || session.Id != accessKeyId)
            return AccessKeyLookup.Unknown;
        if (_time.GetUtcNow() >= session.Expires)
            return AccessKeyLookup.Expired;
        // Whoever was taken out of the file is gone at once, whatever was handed out before.
        return set.Identities.TryGetValue(session.Identity, out var identity)
            ? new AccessKeyLookup(AccessKeyState.Found, Encoding.ASCII.GetBytes(session.Secret), identity.Principal)
            : AccessKeyLookup.Unknown;
    }

    /// <summary>Begins a session of an identity, and returns its key and its sealed token.</summary>
    public (SessionAccessKey Key, string Token) Begin(ClientIdentity identity)
    {
        var session = SessionTokens.Create(identity.Id, _time.GetUtcNow() + SessionTime);
        return (session, SessionTokens.Seal(session, KeysOf(_store.Current)[0]));
    }

    private IReadOnlyList<byte[]> KeysOf(IdentitySet set) => set.SessionKeys.Count > 0 ? set.SessionKeys : [_ownKey];

    [LoggerMessage(217, LogLevel.Information,
        "Session tokens are sealed with a key of this process alone; processes behind one address need a session_key_file in the file of identities")]
    private static partial void LogOwnKey(ILogger logger);
}
