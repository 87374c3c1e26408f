using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Aws.Signing;

/// <summary>The key that signs the requests of one day in one region (AWS, "Signature Version 4", calculate the signature).</summary>
internal sealed class SigningKey
{
    private readonly byte[] _key;

    private SigningKey(byte[] key, DateOnly day, string region, string service)
    {
        _key = key;
        Day = day;
        Region = region;
        Service = service;
        Scope = string.Create(CultureInfo.InvariantCulture, $"{day:yyyyMMdd}/{region}/{service}/aws4_request");
    }

    public DateOnly Day { get; }

    public string Region { get; }

    public string Service { get; }

    /// <summary>The credential scope: day, region and service as the signature names them.</summary>
    public string Scope { get; }

    public static SigningKey Derive(string secret, DateOnly day, string region, string service) =>
        Derive(Encoding.UTF8.GetBytes(secret), day, region, service);

    /// <param name="secret">The secret as UTF-8.</param>
    public static SigningKey Derive(ReadOnlySpan<byte> secret, DateOnly day, string region, string service)
    {
        var key = HMACSHA256.HashData(
            (byte[])[.. "AWS4"u8, .. secret],
            Encoding.UTF8.GetBytes(day.ToString("yyyyMMdd", CultureInfo.InvariantCulture)));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(region));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(service));
        key = HMACSHA256.HashData(key, "aws4_request"u8);
        return new SigningKey(key, day, region, service);
    }

    /// <summary>Writes the signature of a string to sign: 32 bytes.</summary>
    public void Sign(ReadOnlySpan<byte> stringToSign, Span<byte> signature) => HMACSHA256.HashData(_key, stringToSign, signature);
}
