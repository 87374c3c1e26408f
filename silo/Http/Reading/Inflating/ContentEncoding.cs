namespace Orleans.Kpl.Http.Reading.Inflating;

/// <summary>Reads Content-Encoding headers.</summary>
internal static class ContentEncoding
{
    /// <summary>Returns how the body is compressed.</summary>
    /// <param name="isEndless">
    /// Whether it may have no end: then Brotli is not taken. Its decoder keeps up to 16 MiB for as long as the body lasts, which no limit counts.
    /// </param>
    /// <exception cref="RequestRefusedException">It is compressed twice, or in a way that is not taken.</exception>
    public static BodyEncoding Read(HttpRequest request, bool isEndless = false)
    {
        // As Accept-Encoding of an answer says them (RFC 9110, 12.5.3).
        var taken = isEndless ? "gzip" : "gzip, br";
        var header = request.Headers.ContentEncoding;
        if (header.Count == 0)
            return BodyEncoding.None;
        var found = BodyEncoding.None;
        foreach (var name in header.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.Equals("identity", StringComparison.OrdinalIgnoreCase))
                continue;
            if (found != BodyEncoding.None)
                throw Refuse(request, taken, $"Content-Encoding '{header}' is not taken; compress the body once");
            found = Find(name) is { } known && !(isEndless && known == BodyEncoding.Brotli) ? known
                : throw Refuse(request, taken, $"Content-Encoding '{header}' is not taken here; send {taken}, or the body as it is");
        }
        return found;
    }

    private static BodyEncoding? Find(string name) =>
        name.Equals("gzip", StringComparison.OrdinalIgnoreCase) || name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase) ? BodyEncoding.Gzip
        : name.Equals("br", StringComparison.OrdinalIgnoreCase) ? BodyEncoding.Brotli
        : null;

    private static RequestRefusedException Refuse(HttpRequest request, string taken, string message)
    {
        request.HttpContext.Response.Headers.AcceptEncoding = taken;
        return RequestRefusedException.WrongType(message);
    }
}

/// <summary>How a body is compressed, by its Content-Encoding.</summary>
internal enum BodyEncoding
{
    /// <summary>It is not.</summary>
    None,

    /// <summary><c>gzip</c>, also called <c>x-gzip</c> (RFC 1952).</summary>
    Gzip,

    /// <summary><c>br</c>, Brotli (RFC 7932).</summary>
    Brotli,
}
