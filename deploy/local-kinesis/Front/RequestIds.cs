using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>The two ids that every answer of the service carries, errors included.</summary>
internal static class RequestIds
{
    public static void Add(IHeaderDictionary headers)
    {
        Span<byte> random = stackalloc byte[48];
        RandomNumberGenerator.Fill(random);
        headers["x-amzn-RequestId"] = new Guid(random[..16]).ToString();
        headers["x-amz-id-2"] = Convert.ToBase64String(random);
    }
}
