namespace Orleans.Kpl.Cli.Inspect;

/// <summary>The encoding of the input.</summary>
internal enum InspectEncoding
{
    /// <summary>Raw bytes, or base64 if the input is the base64 of an aggregate.</summary>
    Detect,

    Base64,

    Hex,
}
