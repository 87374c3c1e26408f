using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Metrics.Tests.CloudWatch;

/// <summary>
/// Takes PutMetricData behind a socket and judges it by the API's reference: grammar, sizes, values, and the signature, which it computes itself. Shares
/// no code with who writes it.
/// </summary>
internal sealed partial class CloudWatchJudge : IAsyncDisposable
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private readonly WireServer _server;

    public CloudWatchJudge() => _server = new WireServer(async (request, connection) =>
    {
        Judge(request);
        var (status, code) = Answer?.Invoke(Calls.Count) ?? (200, "");
        if (status == 200)
            Metrics.AddRange(Calls[^1]);
        await connection.AnswerAsync(
            status,
            status == 200
                ? "<PutMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ResponseMetadata/></PutMetricDataResponse>"
                : $"<ErrorResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>",
            "text/xml");
    });

    /// <summary>Returns the answer to a call, which is counted from 1; null to take all.</summary>
    public Func<int, (int Status, string Code)?>? Answer { get; set; }

    /// <summary>What was wrong with requests.</summary>
    public List<string> Defects { get; } = [];

    /// <summary>Each call.</summary>
    public List<IReadOnlyList<MetricSeries>> Calls { get; } = [];

    /// <summary>What was taken.</summary>
    public List<MetricSeries> Metrics { get; } = [];

    public string? Namespace { get; private set; }

    /// <summary>Settings that lead here.</summary>
    public KplOptions Options => new()
    {
        Kinesis = { Region = "eu-central-1", AccessKeyId = "OTHER", SecretAccessKey = "other" },
        Metrics = { Sinks = ["CloudWatch"], EndpointUrl = _server.Address, AccessKeyId = "AKID", SecretAccessKey = Secret, SessionToken = "token", Region = "eu-west-1" },
    };

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void Judge(ReceivedRequest request)
    {
        Expect(request.RequestLine == "POST / HTTP/1.1", request.RequestLine);
        Expect(request.Header("Content-Encoding") == "gzip", "not gzip");
        Expect(request.Header("Content-Type") == "application/x-www-form-urlencoded; charset=utf-8", request.Header("Content-Type"));
        Expect(request.Header("X-Amz-Security-Token") == "token", "no token");
        JudgeSignature(request);
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(request.Body), CompressionMode.Decompress))
            gzip.CopyTo(plain);
        var (form, defects) = PutMetricDataForm.Read(plain.ToArray());
        Defects.AddRange(defects);
        Namespace = form.Namespace;
        var metrics = form.Metrics;
        Calls.Add(metrics);
    }

    private void JudgeSignature(ReceivedRequest request)
    {
        var match = Authorization().Match(request.Header("Authorization"));
        Expect(match.Success, request.Header("Authorization"));
        var (date, signed) = (match.Groups["date"].Value, match.Groups["headers"].Value);
        Expect(match.Groups["key"].Value == "AKID", "another key");
        var canonical = new StringBuilder("POST\n/\n\n");
        foreach (var name in signed.Split(';'))
            canonical.Append(name).Append(':').Append(request.Header(name).Trim()).Append('\n');
        canonical.Append('\n').Append(signed).Append('\n').Append(Hex(SHA256.HashData(request.Body)));
        var toSign = $"AWS4-HMAC-SHA256\n{request.Header("X-Amz-Date")}\n{date}/eu-west-1/monitoring/aws4_request\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + Secret);
        foreach (var part in new[] { date, "eu-west-1", "monitoring", "aws4_request", toSign })
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        Expect(Hex(key) == match.Groups["signature"].Value, "the signature is wrong");
        Expect(signed.Split(';') is var names && names.Contains("host") && names.Contains("x-amz-date") && names.Contains("x-amz-security-token"), signed);
    }

    private void Expect(bool isTrue, string otherwise)
    {
        if (!isTrue)
            Defects.Add(otherwise);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    [GeneratedRegex("^AWS4-HMAC-SHA256 Credential=(?<key>[A-Z]+)/(?<date>[0-9]{8})/eu-west-1/monitoring/aws4_request, SignedHeaders=(?<headers>[a-z0-9;-]+), Signature=(?<signature>[0-9a-f]{64})$")]
    private static partial Regex Authorization();
}
