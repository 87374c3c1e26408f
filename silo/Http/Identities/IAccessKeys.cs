using System.Security.Claims;

namespace Orleans.Kpl.Http.Identities;

/// <summary>The access keys that clients may sign with: those of the identities' file, and the short-lived ones of <c>/v1/credentials</c>.</summary>
public interface IAccessKeys
{
    /// <summary>Looks an access key up. It reads memory only, and never throws, whatever the text is.</summary>
    /// <param name="accessKeyId">The id that a signature names.</param>
    /// <param name="sessionToken">The value of <c>X-Amz-Security-Token</c>; null if the request has none.</param>
    AccessKeyLookup Find(string accessKeyId, string? sessionToken);
}

/// <summary>The result of looking up an access key.</summary>
/// <param name="State">Whether the key was found, and if not, why.</param>
/// <param name="Secret">The secret as UTF-8; null unless the key was found. Callers must not change it.</param>
/// <param name="Principal">Who signs with the key; null unless the key was found.</param>
public sealed record AccessKeyLookup(AccessKeyState State, byte[]? Secret, ClaimsPrincipal? Principal)
{
    /// <summary>The answer for an unknown key.</summary>
    public static AccessKeyLookup Unknown { get; } = new(AccessKeyState.Unknown, null, null);

    /// <summary>The answer for a key whose time is over.</summary>
    public static AccessKeyLookup Expired { get; } = new(AccessKeyState.Expired, null, null);

    /// <summary>Is told when the key has signed a request; null for a key of a session.</summary>
    internal KeyUse? Use { get; init; }

    /// <summary>Returns the state alone, so that no log shows a secret.</summary>
    public override string ToString() => $"access key {State}";
}

/// <summary>The state of an access key.</summary>
public enum AccessKeyState
{
    /// <summary>The key is known and may be used.</summary>
    Found,

    /// <summary>No such key was ever handed out, or its session token is missing or is not of this tier.</summary>
    Unknown,

    /// <summary>The key was handed out for a limited time, and has expired.</summary>
    Expired,
}
