using Microsoft.IdentityModel.JsonWebTokens;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Judges from when and until when a token is valid.</summary>
internal static class TokenTimes
{
    /// <summary>How far the clocks of issuer and tier may be apart.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>Returns why a token is not valid now; null if it is.</summary>
    /// <param name="longest">For how long a token of its issuer may be valid.</param>
    public static string? FindFault(JsonWebToken token, TimeSpan longest, DateTimeOffset now)
    {
        var (expires, utc) = (token.ValidTo, now.UtcDateTime);
        if (expires == DateTime.MinValue)
            return "the token never expires";
        if (utc - expires >= Skew)
            return "the token has expired";
        if (token.ValidFrom - utc > Skew)
            return "the token is not valid yet";
        // Where it does not say when it was issued, or says that it will be, it counts as issued now.
        var issued = token.IssuedAt > DateTime.MinValue && token.IssuedAt < utc ? token.IssuedAt : utc;
        return expires - issued > longest + Skew ? $"the token is valid for longer than {DurationText.Format(longest)}" : null;
    }
}
