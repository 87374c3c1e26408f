using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Tests.Signing;

/// <summary>The signatures of AWS's published test suite for Signature Version 4.</summary>
public sealed class RequestSignerTests
{
    private const string StsToken =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi"
        + "/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64"
        + "lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    private static readonly DateTimeOffset Time = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    private static readonly SigningCredentials Keys = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null);

    public static TheoryData<string, string, string, string, string, string> Vectors => new()
    {
        { "get-vanilla", "GET", "", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
        { "post-vanilla", "POST", "", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
        {
            "post-x-www-form-urlencoded", "POST", "", "content-type:application/x-www-form-urlencoded", "Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        },
        {
            "post-x-www-form-urlencoded-parameters", "POST", "", "content-type:application/x-www-form-urlencoded; charset=utf8", "Param1=value1",
            "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"
        },
        { "post-header-key-sort", "POST", "", "my-header1:value1", "", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c" },
        { "post-header-value-case", "POST", "", "my-header1:VALUE1", "", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d" },
        {
            "post-sts-header-before", "POST", "", "x-amz-security-token:" + StsToken, "",
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
        },
        {
            "get-vanilla-with-session-token", "GET", "",
            "x-amz-security-token:6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267", "",
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"
        },
        {
            "get-vanilla-query-order-key-case", "GET", "Param1=value1&Param2=value2", "", "",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Sign_WhenGivenAPublishedVector_GivesItsSignature(string name, string method, string query, string header, string body, string signature)
    {
        var headers = new List<SignedHeader> { new("host", "example.amazonaws.com"), new("x-amz-date", RequestSigner.FormatTime(Time)) };
        if (header.Length > 0)
            headers.Add(new SignedHeader(header.Split(':', 2)[0], header.Split(':', 2)[1]));
        SignedHeader[] sorted = [.. headers.OrderBy(h => h.Name, StringComparer.Ordinal)];

        var authorization = Sign(method, query, sorted, body);

        var names = string.Join(';', sorted.Select(h => h.Name));
        Assert.True(
            authorization == $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, Signature={signature}",
            $"{name}: {authorization}");
    }

    [Fact]
    public void KeyFor_WhenDayRegionAndServiceStayTheSame_DerivesOnce()
    {
        var keys = new SigningCredentials("id", "secret", null);
        var day = new DateOnly(2026, 1, 1);

        var first = keys.KeyFor(day, "us-east-1", "kinesis");

        Assert.Same(first, keys.KeyFor(day, "us-east-1", "kinesis"));
        Assert.NotSame(first, keys.KeyFor(day.AddDays(1), "us-east-1", "kinesis"));
        Assert.Equal("20260101/eu-west-1/kinesis/aws4_request", keys.KeyFor(day, "eu-west-1", "kinesis").Scope);
    }

    [Fact]
    public void ToString_WhenCredentialsAreShown_HidesTheSecret() =>
        Assert.Equal("AKID", new SigningCredentials("AKID", "secret", "token").ToString());

    private static string Sign(string method, string query, SignedHeader[] headers, string body)
    {
        var request = new RequestToSign
        {
            Method = method,
            CanonicalPath = "/",
            CanonicalQuery = query,
            Headers = headers,
            BodyHash = SHA256.HashData(Encoding.UTF8.GetBytes(body)),
        };
        return new RequestSigner("us-east-1", "service").Sign(request, Keys, Time);
    }
}
