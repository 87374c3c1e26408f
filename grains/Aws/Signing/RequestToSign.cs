namespace Orleans.Kpl.Aws.Signing;

/// <summary>The parts of a request that its signature covers.</summary>
internal readonly ref struct RequestToSign
{
    public required string Method { get; init; }

    /// <summary>The path as the signature uses it: URI-encoded twice.</summary>
    public required string CanonicalPath { get; init; }

    /// <summary>The query, encoded and sorted; empty if there is none.</summary>
    public string CanonicalQuery { get; init; }

    /// <summary>The headers in the order of their names.</summary>
    public required ReadOnlySpan<SignedHeader> Headers { get; init; }

    /// <summary>The SHA-256 of the body: 32 bytes.</summary>
    public required ReadOnlySpan<byte> BodyHash { get; init; }
}

/// <summary>A header that the signature covers: its name in lower case, its value without blanks at the ends.</summary>
internal readonly record struct SignedHeader(string Name, string Value);
