namespace Orleans.Kpl.Http.Reading.Keying;

/// <summary>How the records of a request find their shards, as <c>?routing=</c> says: evenly, where their keys mean nothing, or by their keys.</summary>
internal static class RoutingRule
{
    private const string Parameter = "routing";

    /// <summary>Returns how the records are routed; null for what their stream says.</summary>
    /// <param name="key">Where their keys come from: random ones mean nothing.</param>
    /// <exception cref="RequestRefusedException">It says neither of them.</exception>
    public static RoutingMode? Read(HttpRequest request, KeyRule? key)
    {
        if (!request.QueryString.HasValue || !request.Query.TryGetValue(Parameter, out var values))
            return key is { IsRandom: true } ? RoutingMode.Even : null;
        var routing = values.ToString();
        if (routing.Equals("even", StringComparison.OrdinalIgnoreCase))
            return RoutingMode.Even;
        return routing.Equals("bykey", StringComparison.OrdinalIgnoreCase)
            ? RoutingMode.ByKey
            : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"routing '{routing}' is neither even nor bykey");
    }
}
