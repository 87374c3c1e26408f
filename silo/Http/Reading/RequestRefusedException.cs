using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Rejects a whole request with an error.</summary>
internal sealed class RequestRefusedException(int statusCode, string code, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public string Code { get; } = code;

    /// <summary>When the client may try again; null where that would help nothing.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    public static RequestRefusedException BadRequest(string code, string message) =>
        new(StatusCodes.Status400BadRequest, code, message);

    public static RequestRefusedException Forbidden(string message) =>
        new(StatusCodes.Status403Forbidden, HttpErrorCodes.Forbidden, message);

    public static RequestRefusedException TooLarge(string message) =>
        new(StatusCodes.Status413PayloadTooLarge, HttpErrorCodes.RequestTooLarge, message);

    public static RequestRefusedException WrongType(string message) =>
        new(StatusCodes.Status415UnsupportedMediaType, HttpErrorCodes.UnsupportedMediaType, message);

    /// <summary>Nothing of the request was taken, and later there will be room for it.</summary>
    public static RequestRefusedException TooMany(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, HttpErrorCodes.TooManyRequests, $"{message}; nothing was taken", retryAfter);
}

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

    /// <summary>Says what was probably meant by a name that is not known; ends a sentence.</summary>
    public static string Advice(string name, IReadOnlyList<string> known)
    {
        if (known.Count == 0)
            return ", which takes none";
        var nearest = known.MinBy(k => NearestSetting.EditDistance(name, k))!;
        return NearestSetting.EditDistance(name, nearest) <= 2 ? $": did you mean '{nearest}'?" : $": there are {string.Join(", ", known)}";
    }
}
