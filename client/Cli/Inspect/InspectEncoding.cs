namespace Orleans.Kpl.Cli.Inspect;

/// <summary>How the input is written.</summary>
internal enum InspectEncoding
{
    /// <summary>Raw bytes; base64 where it is base64 of an aggregate.</summary>
    Detect,

    Base64,

    Hex,
}
