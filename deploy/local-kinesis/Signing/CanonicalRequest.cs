using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Signing;

/// <summary>The text of a request that both sides hash.</summary>
internal static partial class CanonicalRequest
{
    public static string Of(HttpRequest request, string rawTarget, string[] signedHeaders, string bodyHash)
    {
        var (path, query) = rawTarget.Split('?', 2) is [var before, var after] ? (before, after) : (rawTarget, "");
        var text = new StringBuilder();
        text.Append(request.Method).Append('\n').Append(path).Append('\n');
        text.AppendJoin('&', query.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Contains('=') ? pair : pair + "=").Order(StringComparer.Ordinal)).Append('\n');
        foreach (var name in signedHeaders)
        {
            // HTTP/2 clients sign the host under its pseudo-header's name.
            var values = request.Headers[name == ":authority" ? "host" : name].Select(value => Blanks().Replace(value?.Trim() ?? "", " "));
            text.Append(name).Append(':').AppendJoin(',', values).Append('\n');
        }
        return text.Append('\n').AppendJoin(';', signedHeaders).Append('\n').Append(bodyHash).ToString();
    }

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
