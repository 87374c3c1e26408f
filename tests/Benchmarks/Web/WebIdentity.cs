using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Benchmarks.Endpoint;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>One identity with a credential of each kind, and a certificate for HTTPS, in files of their own.</summary>
internal sealed class WebIdentity : IDisposable
{
    private const string Issuer = "https://issuer.bench";
    private const string Subject = "system:serviceaccount:shop:bench";

    private readonly PrivateFolder _folder = new();
    private readonly BenchCertificate _certificate = new();

    public WebIdentity()
    {
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Token = TokenBy(signer);
        var secret = _folder.Write("secret", WebRequests.Secret);
        var keys = _folder.Write("keys.json", KeysOf(signer));
        IdentitiesFile = _folder.Write("identities.json", $$"""
            {
              "issuers": [ { "issuer": "{{Issuer}}", "audience": "kpl", "jwks_file": "{{keys}}" } ],
              "identities": [ {
                "id": "bench", "grants": [ { "role": "produce", "streams": "*" } ],
                "api_keys": [ { "id": "{{ApiKeyText.FindId(ApiKey)}}", "sha256": "{{Convert.ToHexStringLower(ApiKeyText.HashOf(ApiKey))}}" } ],
                "access_keys": [ { "id": "{{WebRequests.AccessKeyId}}", "secret_file": "{{secret}}" } ],
                "subjects": [ { "issuer": "{{Issuer}}", "subject": "{{Subject}}" } ],
                "quota": { "requests_in_flight": 100000, "body_bytes_in_flight": 1073741824 }
              } ]
            }
            """);
    }

    public string ApiKey { get; } = ApiKeyText.Create();

    /// <summary>A JSON Web Token, signed with ES256, as a cluster gives it to a service account.</summary>
    public string Token { get; }

    public string IdentitiesFile { get; }

    /// <summary>Certificate and key.</summary>
    public string CertificateFile => _certificate.ServerFile;

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Dispose();
    }

    private static string TokenBy(ECDsa signer)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var (issued, expires) = (now.ToString(CultureInfo.InvariantCulture), (now + 3_600).ToString(CultureInfo.InvariantCulture));
        var signed = $"{Encode("""{"alg":"ES256","kid":"1","typ":"JWT"}""")}.{Encode(
            $$"""{"iss":"{{Issuer}}","aud":["kpl"],"sub":"{{Subject}}","exp":{{expires}},"iat":{{issued}},"jti":"1c1c9a1e-7d5f-4f26-a0a3-0f1c2a3b4c5d"}""")}";
        return $"{signed}.{Base64Url.EncodeToString(signer.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static string KeysOf(ECDsa signer)
    {
        var point = signer.ExportParameters(includePrivateParameters: false).Q;
        return $$"""
            {"keys":[{"kty":"EC","crv":"P-256","kid":"1","alg":"ES256","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}]}
            """;
    }
}
