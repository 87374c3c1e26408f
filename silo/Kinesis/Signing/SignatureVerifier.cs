using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Settings;

namespace Orleans.Kpl.Kinesis.Signing;

/// <summary>
/// Verifies Signature Version 4 of a request, and answers as Kinesis does where it is wrong. A key that nobody knows costs the same work as a known
/// one, so that time tells nobody which keys there are.
/// </summary>
internal sealed class SignatureVerifier(IAccessKeys keys, KinesisFrontOptions front, TimeProvider time)
{
    private const string DateHeader = "x-amz-date";
    private const string TokenHeader = "x-amz-security-token";
    private const string HashHeader = "x-amz-content-sha256";
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>How far a client's clock may be off (AWS allows as much).</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Stands for the secret of a key that is not known; made anew by each process, so that nobody can sign with it.</summary>
    private static readonly byte[] NoSecret = Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(40));

    /// <summary>
    /// Reads what a request says of its signature, and checks all that can be told before its body is there: an unsigned request, or one of another day, gets
    /// no memory. Which key it is, and whether anybody knows it, is not asked yet.
    /// </summary>
    /// <exception cref="FrontException">There is no signature, or not as it is taken now.</exception>
    public (SignatureClaim Claim, DateTimeOffset At) Read(HttpRequest request)
    {
        var claim = SignatureClaim.Read(request);
        CheckHeaders(request, claim);
        CheckPayload(request);
        var at = CheckTime(request, claim);
        if (front.SignedRegions.Count > 0 && !front.SignedRegions.Contains(claim.Region))
            throw FrontErrors.InvalidSignature($"Credential should be scoped to a valid region, one of: {string.Join(", ", front.SignedRegions)}.");
        return (claim, at);
    }

    /// <summary>Returns who signed the request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="claim">What it says of its signature.</param>
    /// <param name="at">When it was signed.</param>
    /// <param name="body">Its whole body.</param>
    /// <exception cref="FrontException">It is not signed by a known key, or not as it is now.</exception>
    public ClaimsPrincipal Verify(HttpRequest request, SignatureClaim claim, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var found = keys.Find(claim.AccessKeyId, OnlyValue(request, TokenHeader));
        var isKnown = found is { State: AccessKeyState.Found, Secret: not null, Principal: not null };
        var isRight = IsRight(request, body, claim, at, isKnown ? found.Secret! : NoSecret);
        if (found.State == AccessKeyState.Expired)
            throw FrontErrors.ExpiredToken();
        if (!isKnown)
            throw FrontErrors.UnrecognizedClient();
        return isRight ? found.Principal! : throw FrontErrors.InvalidSignature(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.");
    }

    private bool IsRight(HttpRequest request, ReadOnlySpan<byte> body, SignatureClaim claim, DateTimeOffset at, byte[] secret)
    {
        var key = SigningKey.Derive(secret, DateOnly.FromDateTime(at.UtcDateTime), claim.Region, "kinesis");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        var isRight = IsFor(request, request.Host.Value ?? "", claim, key, hash);
        // A proxy may have changed the host. Each is tried, whichever was right.
        foreach (var host in front.SignedHosts)
            isRight |= IsFor(request, host, claim, key, hash);
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

    /// <summary>Kinesis takes no body that its signature leaves out.</summary>
    private static void CheckPayload(HttpRequest request)
    {
        if (OnlyValue(request, HashHeader) is { } hash && !(hash.Length == 64 && hash.All(char.IsAsciiHexDigit)))
            throw FrontErrors.InvalidSignature("x-amz-content-sha256 must be the SHA-256 of the body: unsigned and streaming payloads are not taken.");
    }

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
