using Microsoft.Extensions.Primitives;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// Finds the credential of a request: <c>Authorization: Bearer CREDENTIAL</c>, or <c>X-Api-Key</c> for clients that cannot set that header. AWS's
/// signatures are none of its concern.
/// </summary>
internal static class CallerCredential
{
    public const string KeyHeader = "X-Api-Key";

    private const string Bearer = "Bearer ";

    /// <summary>Returns the credential; null if there is none, or more than one.</summary>
    /// <param name="isSchemeNeeded">False where the whole header may be the credential, as AWS's SDKs send it.</param>
    public static string? Read(HttpRequest request, bool isSchemeNeeded = true)
    {
        var (authorization, key) = (request.Headers.Authorization, request.Headers[KeyHeader]);
        if (authorization.Count + key.Count != 1)
            return null;
        return key.Count == 1 ? OfKey(key) : OfAuthorization(authorization.ToString().Trim(), isSchemeNeeded);
    }

    /// <summary>Says why a request has no credential that can be read.</summary>
    public static string DescribeFault(HttpRequest request) => (request.Headers.Authorization.Count, request.Headers[KeyHeader].Count) switch
    {
        (0, 0) => "no credential was sent",
        (0, 1) => $"the header {KeyHeader} has no API key, which begins with {ApiKeyText.Prefix}",
        (1, 0) => "the header Authorization is not 'Bearer' with a credential",
        _ => "more than one credential was sent",
    };

    /// <summary>Whether a request says anything of its caller: also what is no good, so that nothing else stands in for it.</summary>
    public static bool IsSent(HttpRequest request) => request.Headers[KeyHeader].Count + request.Headers.Authorization.Count > 0;

    /// <summary>Whether all that a request says of its caller is an AWS signature.</summary>
    public static bool IsSigned(HttpRequest request) => request.Headers[KeyHeader].Count == 0
        && request.Headers.Authorization is { Count: 1 } authorization && authorization[0]?.StartsWith("AWS4-", StringComparison.Ordinal) == true;

    private static string? OfKey(StringValues key) =>
        key.ToString().Trim() is var text && text.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal) ? text : null;

    private static string? OfAuthorization(string text, bool isSchemeNeeded)
    {
        if (text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return text[Bearer.Length..].Trim() is { Length: > 0 } credential ? credential : null;
        return isSchemeNeeded || text.Length == 0 || text.Contains(' ', StringComparison.Ordinal) ? null : text;
    }
}
