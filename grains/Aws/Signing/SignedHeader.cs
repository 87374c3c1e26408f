namespace Orleans.Kpl.Aws.Signing;

/// <summary>A header that the signature covers: its name in lower case, its value without blanks at the ends.</summary>
internal readonly record struct SignedHeader(string Name, string Value);
