namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Somebody whose tokens are believed.</summary>
/// <param name="Issuer">The text of their claim <c>iss</c>.</param>
/// <param name="Audience">What one of their audiences must be.</param>
/// <param name="MaxLifetime">For how long a token of theirs may be valid.</param>
/// <param name="Keys">The keys, where they come from a file.</param>
/// <param name="KeysAddress">Where the keys are published, else.</param>
internal sealed record TokenIssuer(string Issuer, string Audience, TimeSpan MaxLifetime, KeysReading Keys, Uri? KeysAddress);
