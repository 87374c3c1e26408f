using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>Signature version 4 of a PutRecords call in JSON, as AWS' guide writes it down, with the day's key kept.</summary>
internal sealed class PlainSigner(string host, string accessKey, string secret, string region)
{
    public const string ContentType = "application/x-amz-json-1.1";
    private const string Target = "Kinesis_20131202.PutRecords";

    private const string Signed = "content-type;host;x-amz-date;x-amz-target";

    private (string Day, byte[] Key) _key = ("", []);

    public void Sign(HttpRequestHeaders headers, ReadOnlySpan<byte> body, DateTime now)
    {
        var time = now.ToString("yyyyMMdd'T'HHmmss'Z'");
        var day = time[..8];
        var scope = $"{day}/{region}/kinesis/aws4_request";
        var canonical = $"POST\n/\n\ncontent-type:{ContentType}\nhost:{host}\nx-amz-date:{time}\nx-amz-target:{Target}\n\n{Signed}\n{Convert.ToHexStringLower(SHA256.HashData(body))}";
        var toSign = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = Convert.ToHexStringLower(Hmac(KeyOf(day), toSign));

        headers.Add("x-amz-date", time);
        headers.Add("x-amz-target", Target);
        headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={accessKey}/{scope}, SignedHeaders={Signed}, Signature={signature}");
    }

    private byte[] KeyOf(string day)
    {
        var key = _key;
        if (key.Day == day)
            return key.Key;
        var made = Hmac(Hmac(Hmac(Hmac(Encoding.UTF8.GetBytes("AWS4" + secret), day), region), "kinesis"), "aws4_request");
        _key = (day, made);
        return made;
    }

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
