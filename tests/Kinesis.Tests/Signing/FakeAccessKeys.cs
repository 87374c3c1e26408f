using System.Security.Claims;
using System.Text;
using Orleans.Kpl.Http.Identities;

namespace Orleans.Kpl.Kinesis.Tests.Signing;

/// <summary>One key that is known, one with a token, and one whose time is over.</summary>
internal sealed class FakeAccessKeys : IAccessKeys
{
    public const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    public const string Known = "KPLKNOWN";
    public const string WithToken = "KPLTOKEN";
    public const string Old = "KPLOLD";
    public const string Token = "sealed+token/==";

    public AccessKeyLookup Find(string accessKeyId, string? sessionToken) => (accessKeyId, sessionToken) switch
    {
        (Known, null) or (WithToken, Token) => new AccessKeyLookup(
            AccessKeyState.Found, Encoding.UTF8.GetBytes(Secret), new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, accessKeyId)], "test"))),
        (Old, _) => AccessKeyLookup.Expired,
        _ => AccessKeyLookup.Unknown,
    };
}
