namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads the addresses of servers.</summary>
internal static class HttpAddress
{
    /// <summary>Parses an absolute http or https address; null if the text is none.</summary>
    public static Uri? Parse(string text) =>
        !HasUser(text) && Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    /// <summary>Says why a text is no address, and how it would be one.</summary>
    public static string Refuse(string text) => HasUser(text)
        ? "has a user or a password in it, which no call would send: leave them out"
        : $"'{text}' is no http or https address"
            + (!text.Contains("://", StringComparison.Ordinal) && text.Contains(':') && Parse("http://" + text) is not null ? $": did you mean 'http://{text}'?" : "");

    /// <remarks>As for AWS's variables; and addresses stand in messages and logs.</remarks>
    private static bool HasUser(string text)
    {
        var server = text.AsSpan(text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0);
        return server[..(server.IndexOfAny("/?#") is >= 0 and var end ? end : server.Length)].Contains('@');
    }
}
