using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Makes a request's words fit for a log: whoever writes them must neither steer a terminal nor make up lines.</summary>
internal static class RequestText
{
    private const int Longest = 200;

    /// <summary>Returns the target as it was sent, not decoded, without its query.</summary>
    public static string TargetOf(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } raw ? raw : context.Request.Path.Value ?? "";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return Escape(query < 0 ? target : target[..query]);
    }

    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "this process";

    /// <summary>Returns the text with everything escaped that is no printable ASCII; cut where it is long.</summary>
    public static string Escape(string text, int longest = Longest)
    {
        var cut = text.Length > longest ? text[..longest] : text;
        var escaped = string.Concat(cut.Select(static c => c is >= '!' and <= '~' ? $"{c}" : $"\\u{(int)c:x4}"));
        return cut.Length < text.Length ? escaped + "…" : escaped;
    }
}
