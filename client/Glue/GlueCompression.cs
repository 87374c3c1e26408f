namespace Orleans.Kpl.Glue;

/// <summary>How the data behind a frame's header is compressed (AWS Glue's libraries, <c>compression</c>).</summary>
public enum GlueCompression
{
    /// <summary>As it is; compression byte 0.</summary>
    None = 0,

    /// <summary>zlib (RFC 1950); compression byte 5.</summary>
    Zlib,
}
