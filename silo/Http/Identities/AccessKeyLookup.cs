using System.Security.Claims;

namespace Orleans.Kpl.Http.Identities;

/// <summary>The answer to a question for an access key.</summary>
/// <param name="State">What is known of the key.</param>
/// <param name="Secret">The secret as UTF-8; null unless the key was found. Callers must not change it.</param>
/// <param name="Principal">Who signs with the key; null unless the key was found.</param>
public sealed record AccessKeyLookup(AccessKeyState State, byte[]? Secret, ClaimsPrincipal? Principal)
{
    /// <summary>The answer for a key that nobody knows.</summary>
    public static AccessKeyLookup Unknown { get; } = new(AccessKeyState.Unknown, null, null);

    /// <summary>The answer for a key whose time is over.</summary>
    public static AccessKeyLookup Expired { get; } = new(AccessKeyState.Expired, null, null);

    /// <summary>Is told when the key has signed a request; null for a key of a session.</summary>
    internal KeyUse? Use { get; init; }

    /// <summary>Tells the state alone, so that no log shows a secret.</summary>
    public override string ToString() => $"access key {State}";
}
