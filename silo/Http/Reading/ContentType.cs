namespace Orleans.Kpl.Http.Reading;

/// <summary>Reads Content-Type headers.</summary>
internal static class ContentType
{
    public const string Json = "application/json";

    public const string Lines = "application/x-ndjson";

    /// <summary>For bytes that are not JSON text: <c>{"partition_key","data","explicit_hash_key"?}</c> per line, data in base64.</summary>
    public const string Base64Lines = "application/vnd.kpl.records+ndjson";

    /// <summary>Returns the kind of the body.</summary>
    /// <exception cref="RequestRefusedException">The body is JSON in a character set other than UTF-8.</exception>
    public static ContentKind Read(HttpRequest request)
    {
        var header = request.ContentType.AsSpan().Trim();
        if (header.IsEmpty)
            return ContentKind.None;
        var parameters = header.IndexOf(';');
        var type = (parameters < 0 ? header : header[..parameters]).Trim();
        var kind = type.Equals(Json, StringComparison.OrdinalIgnoreCase) ? ContentKind.Json
            : type.Equals(Lines, StringComparison.OrdinalIgnoreCase) ? ContentKind.Lines
            : type.Equals(Base64Lines, StringComparison.OrdinalIgnoreCase) ? ContentKind.Base64Lines
            : ContentKind.Other;
        if (kind != ContentKind.Other && parameters >= 0)
            CheckCharset(header[(parameters + 1)..]);
        return kind;
    }

    /// <summary>Refuses a body of another type, or of none.</summary>
    public static RequestRefusedException Refuse(HttpRequest request, string wanted) => RequestRefusedException.WrongType(
        $"{(string.IsNullOrWhiteSpace(request.ContentType) ? "a body without Content-Type" : $"'{request.ContentType}'")} is not taken here: send {wanted}");

    private static void CheckCharset(ReadOnlySpan<char> parameters)
    {
        foreach (var range in parameters.Split(';'))
        {
            var parameter = parameters[range].Trim();
            if (!parameter.StartsWith("charset=", StringComparison.OrdinalIgnoreCase))
                continue;
            var charset = parameter["charset=".Length..].Trim('"');
            if (!charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
                throw RequestRefusedException.WrongType($"JSON is taken in UTF-8, not in '{charset}'");
        }
    }
}

/// <summary>The kind of a body, by its Content-Type.</summary>
internal enum ContentKind
{
    /// <summary>There is no Content-Type.</summary>
    None,

    /// <summary><c>application/json</c>.</summary>
    Json,

    /// <summary><c>application/x-ndjson</c>.</summary>
    Lines,

    /// <summary><c>application/vnd.kpl.records+ndjson</c>: as NDJSON, with data in base64.</summary>
    Base64Lines,

    /// <summary>Anything else.</summary>
    Other,
}
