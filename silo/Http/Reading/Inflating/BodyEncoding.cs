namespace Orleans.Kpl.Http.Reading.Inflating;

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
