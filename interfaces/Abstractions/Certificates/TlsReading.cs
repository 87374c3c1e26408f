namespace Orleans.Kpl.Certificates;

/// <summary>One reading of TLS' files.</summary>
/// <param name="State">What they hold; null where there are errors.</param>
/// <param name="Errors">Every error; each names its setting and its file.</param>
/// <param name="Fingerprint">Differs where any file does.</param>
/// <param name="IsKeyOpen">Whether every user of this machine may read the key.</param>
internal sealed record TlsReading(TlsState? State, IReadOnlyList<string> Errors, string Fingerprint, bool IsKeyOpen);
