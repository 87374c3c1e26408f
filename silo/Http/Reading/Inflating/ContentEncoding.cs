namespace Orleans.Kpl.Http.Reading.Inflating;

/// <summary>Reads Content-Encoding headers.</summary>
internal static class ContentEncoding
{
    /// <summary>The encodings that a client may send, as <c>Accept-Encoding</c> of an answer says them (RFC 9110, 12.5.3).</summary>
    private const string Taken = "gzip, br";

    /// <summary>Returns how the body is compressed.</summary>
    /// <exception cref="RequestRefusedException">It is compressed twice, or in a way that is not taken.</exception>
    public static BodyEncoding Read(HttpRequest request)
    {
        var header = request.Headers.ContentEncoding;
        if (header.Count == 0)
            return BodyEncoding.None;
        var found = BodyEncoding.None;
        foreach (var name in header.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.Equals("identity", StringComparison.OrdinalIgnoreCase))
                continue;
            if (found != BodyEncoding.None)
                throw Refuse(request, $"Content-Encoding '{header}' is not taken; compress the body once");
            found = Find(name) ?? throw Refuse(request, $"Content-Encoding '{header}' is not taken; send {Taken}, or the body as it is");
        }
        return found;
    }

    private static BodyEncoding? Find(string name) =>
        name.Equals("gzip", StringComparison.OrdinalIgnoreCase) || name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase) ? BodyEncoding.Gzip
        : name.Equals("br", StringComparison.OrdinalIgnoreCase) ? BodyEncoding.Brotli
        : null;

    private static RequestRefusedException Refuse(HttpRequest request, string message)
    {
        request.HttpContext.Response.Headers.AcceptEncoding = Taken;
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
