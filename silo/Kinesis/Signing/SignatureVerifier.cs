using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Kinesis.Settings;

namespace Orleans.Kpl.Kinesis.Signing;

/// <summary>
/// Verifies Signature Version 4 of a request, and answers as Kinesis does where it is wrong. Ids of keys are no secrets: which of them are known is told
/// before a body is read, as AWS tells it too.
/// </summary>
internal sealed class SignatureVerifier(IAccessKeys keys, KinesisFrontOptions front, TimeProvider time)
{
    private const string DateHeader = "x-amz-date";
    private const string TokenHeader = "x-amz-security-token";
    private const string HashHeader = "x-amz-content-sha256";
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>How far a client's clock may be off (AWS allows as much).</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Reads what the head of a request says of its signature, and checks all that can be told before its body is there: what is unsigned, of another day, or
    /// of a key that nobody knows gets no memory. Where the hash of the body is signed too, the head proves who sends it.
    /// </summary>
    /// <exception cref="FrontException">There is no signature, or not as it is taken now.</exception>
    public SignedHead Read(HttpRequest request)
    {
        // A caller whose API key or token is known needs no signature and never gets here: this one is unknown.
        if (CallerCredential.Read(request) is not null)
            throw FrontErrors.UnrecognizedClient();
        var claim = SignatureClaim.Read(request);
        CheckHeaders(request, claim);
        var hash = ReadHash(request);
        var at = CheckTime(request, claim);
        if (front.SignedRegions.Count > 0 && !front.SignedRegions.Contains(claim.Region))
            throw FrontErrors.InvalidSignature($"Credential should be scoped to a valid region, one of: {string.Join(", ", front.SignedRegions)}.");
        var found = keys.Find(claim.AccessKeyId, OnlyValue(request, TokenHeader));
        if (found.State == AccessKeyState.Expired)
            throw FrontErrors.ExpiredToken();
        if (found is not { State: AccessKeyState.Found, Secret: { } secret, Principal: { } signer })
            throw FrontErrors.UnrecognizedClient();
        var head = new SignedHead(claim, at, secret, signer, hash, found.Use);
        return hash is null || IsRight(request, head, hash) ? head : throw Mismatch();
    }

    /// <summary>Returns who signed the request.</summary>
    /// <exception cref="FrontException">It is not signed by that key.</exception>
    public ClaimsPrincipal Verify(HttpRequest request, SignedHead head, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        var isRight = head.BodyHash is { } signed ? hash.SequenceEqual(signed) : IsRight(request, head, hash);
        if (!isRight)
            throw Mismatch();
        head.Use?.Note(time.GetUtcNow());
        return head.Signer;
    }

    private static FrontException Mismatch() => FrontErrors.InvalidSignature(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.");

    private bool IsRight(HttpRequest request, SignedHead head, ReadOnlySpan<byte> hash)
    {
        var key = SigningKey.Derive(head.Secret, DateOnly.FromDateTime(head.At.UtcDateTime), head.Claim.Region, "kinesis");
        var isRight = IsFor(request, request.Host.Value ?? "", head.Claim, key, hash);
        // A proxy may have changed the host. Each is tried, whichever was right.
        foreach (var host in front.SignedHosts)
            isRight |= IsFor(request, host, head.Claim, key, hash);
        return isRight;
    }

    private static bool IsFor(HttpRequest request, string host, SignatureClaim claim, SigningKey key, ReadOnlySpan<byte> bodyHash)
    {
        var canonical = SignedText.Canonical(request, host, claim.SignedHeaders, bodyHash);
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        key.Sign(SignedText.ToSign(request.Headers[DateHeader].ToString().Trim(), key.Scope, canonical), signature);
        return CryptographicOperations.FixedTimeEquals(signature, claim.Signature);
    }

    /// <summary>The host, and each header of AWS' that is present, must be signed: an attacker could change those that are not.</summary>
    private static void CheckHeaders(HttpRequest request, SignatureClaim claim)
    {
        if (!claim.SignedHeaders.Any(SignedText.IsHost))
            throw FrontErrors.InvalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
        foreach (var (name, _) in request.Headers)
        {
            if (name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) && !claim.SignedHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw FrontErrors.InvalidSignature($"'{name}' must be a 'SignedHeader' in the AWS Authorization.");
        }
    }

    /// <summary>Returns the hash of the body that the head has; null if it has none. Kinesis takes no body that its signature leaves out.</summary>
    private static byte[]? ReadHash(HttpRequest request) => OnlyValue(request, HashHeader) switch
    {
        null => null,
        { Length: 64 } hash when hash.All(char.IsAsciiHexDigit) => Convert.FromHexString(hash),
        _ => throw FrontErrors.InvalidSignature("x-amz-content-sha256 must be the SHA-256 of the body: unsigned and streaming payloads are not taken."),
    };

    private DateTimeOffset CheckTime(HttpRequest request, SignatureClaim claim)
    {
        if (OnlyValue(request, DateHeader) is not { } text)
            throw FrontErrors.IncompleteSignature("The request requires an 'X-Amz-Date' header.");
        if (!DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            throw FrontErrors.IncompleteSignature("X-Amz-Date must be a time such as 20260102T030405Z.");
        if (!text.StartsWith(claim.Day, StringComparison.Ordinal) || claim.Day.Length != 8)
            throw FrontErrors.InvalidSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.");
        var now = time.GetUtcNow();
        if (at < now - Tolerance)
            throw FrontErrors.InvalidSignature($"Signature expired: {text} is now earlier than {Text(now - Tolerance)} ({Text(now)} - 5 min.)");
        if (at > now + Tolerance)
            throw FrontErrors.InvalidSignature($"Signature not yet current: {text} is still later than {Text(now + Tolerance)} ({Text(now)} + 5 min.)");
        return at;
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>Returns a header's value; null where there is none. Of two values each side could believe another one.</summary>
    private static string? OnlyValue(HttpRequest request, string name)
    {
        var values = request.Headers[name];
        return values.Count switch
        {
            0 => null,
            1 => values[0]!.Trim(),
            _ => throw FrontErrors.IncompleteSignature($"There is more than one '{name}' header."),
        };
    }
}

/// <summary>The head of a signed request, before its body is there.</summary>
/// <param name="At">When it was made.</param>
/// <param name="Secret">The secret of the key that it names.</param>
/// <param name="BodyHash">The hash of the body, where it is signed with the head: then the signature has proved to be right. Else null.</param>
/// <param name="Use">Is told when the key has signed; null where nobody asks.</param>
internal sealed record SignedHead(SignatureClaim Claim, DateTimeOffset At, byte[] Secret, ClaimsPrincipal Signer, byte[]? BodyHash, KeyUse? Use = null)
{
    /// <summary>Whether the head alone proves who sends the request.</summary>
    public bool IsProved => BodyHash is not null;

    /// <summary>Tells no secret.</summary>
    public override string ToString() => $"signed by {Claim.AccessKeyId}";
}
