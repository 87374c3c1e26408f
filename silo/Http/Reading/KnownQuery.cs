using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Refuses parameters that a path does not know: one that is misspelt would be ignored, and nobody would know.</summary>
internal static class KnownQuery
{
    /// <summary>Of a page, whose own parameters are nobody's matter.</summary>
    public const string Any = "*";

    /// <exception cref="RequestRefusedException">A parameter is not known.</exception>
    public static void Check(HttpRequest request, IReadOnlyList<string> known)
    {
        if (!request.QueryString.HasValue || known is [Any])
            return;
        foreach (var name in request.Query.Keys)
        {
            if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"the parameter '{name}' is not known at {request.Path}{Advice(name, known)}");
        }
    }

    private static string Advice(string name, IReadOnlyList<string> known)
    {
        if (known.Count == 0)
            return ", which takes none";
        var nearest = known.MinBy(k => NearestSetting.EditDistance(name, k))!;
        return NearestSetting.EditDistance(name, nearest) <= 2 ? $": did you mean '{nearest}'?" : $": there are {string.Join(", ", known)}";
    }
}
