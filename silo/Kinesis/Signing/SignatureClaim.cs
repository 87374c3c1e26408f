namespace Orleans.Kpl.Kinesis.Signing;

/// <summary>The signature's parts in an <c>Authorization</c> header (AWS, "Create a signed AWS API request").</summary>
/// <param name="Day">The day of the credential scope, as <c>yyyyMMdd</c>.</param>
/// <param name="SignedHeaders">The names of the headers that are signed, in lower case.</param>
/// <param name="Signature">The signature: 32 bytes.</param>
internal sealed record SignatureClaim(string AccessKeyId, string Day, string Region, string[] SignedHeaders, byte[] Signature)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Service = "kinesis";
    private const int MostHeaders = 64;
    private const int SignatureDigits = 64;

    /// <exception cref="FrontException">There is no signature, or it is not one that is taken here.</exception>
    public static SignatureClaim Read(HttpRequest request)
    {
        var query = request.Query;
        if (query.ContainsKey("X-Amz-Signature") || query.ContainsKey("X-Amz-Algorithm"))
            throw FrontErrors.IncompleteSignature("Signatures in the query are not taken; sign in the Authorization header.");
        if (request.Headers.Authorization is not [{ Length: > 0 } header])
            throw request.Headers.Authorization.Count == 0 ? FrontErrors.MissingToken() : FrontErrors.IncompleteSignature("There is more than one Authorization header.");
        var blank = header.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0 || !header.AsSpan(0, blank).SequenceEqual(Algorithm))
            throw FrontErrors.IncompleteSignature($"The algorithm of the signature is not taken; it must be {Algorithm}.");
        string? credential = null, headers = null, signature = null;
        foreach (var part in header[blank..].Split(',', StringSplitOptions.TrimEntries))
        {
            _ = part.Split('=', 2) switch
            {
                ["Credential", var value] => credential = value,
                ["SignedHeaders", var value] => headers = value,
                ["Signature", var value] => signature = value,
                _ => null,
            };
        }

        return Of(credential, headers, signature);
    }

    /// <summary>Returns the id of the key that a request names, to tell of one that is refused; null if there is none.</summary>
    public static string? FindKey(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var start = header.IndexOf("Credential=", StringComparison.Ordinal) + "Credential=".Length;
        var end = start < "Credential=".Length ? -1 : header.IndexOf('/', start);
        return end < 0 ? null : header[start..end];
    }

    private static SignatureClaim Of(string? credential, string? headers, string? signature)
    {
        if (credential is null || headers is null || signature is null)
            throw FrontErrors.IncompleteSignature("The Authorization header requires Credential, SignedHeaders and Signature.");
        // The key's own id is whatever stands before the last four parts.
        if (credential.Split('/') is not [.. var id, var day, var region, var service, "aws4_request"] || id.Length == 0)
            throw FrontErrors.IncompleteSignature("The Credential must be KEY/DATE/REGION/SERVICE/aws4_request.");
        if (service != Service)
            throw FrontErrors.InvalidSignature($"Credential should be scoped to correct service: '{Service}'.");
        var names = headers.Split(';');
        if (names.Length > MostHeaders || names.Any(static n => n.Length == 0 || n.Any(char.IsAsciiLetterUpper)) || names.Distinct().Count() != names.Length)
            throw FrontErrors.IncompleteSignature("SignedHeaders must be names in lower case, each once, with semicolons between them.");
        if (signature.Length != SignatureDigits || !signature.All(char.IsAsciiHexDigitLower))
            throw FrontErrors.IncompleteSignature("The Signature must be 64 hexadecimal digits in lower case.");
        return new SignatureClaim(string.Join('/', id), day, region, names, Convert.FromHexString(signature));
    }
}
