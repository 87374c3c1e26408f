using System.IO.Compression;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Metrics.Tests.Signing;

namespace Orleans.Kpl.Metrics.Tests.CloudWatch;

/// <summary>
/// Takes PutMetricData behind a socket and judges it by the API's reference: grammar, sizes, values, and the signature. Shares no code with who writes it.
/// </summary>
internal sealed class CloudWatchJudge : IAsyncDisposable
{
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
        Metrics =
        {
            Sinks = ["CloudWatch"], EndpointUrl = _server.Address, AccessKeyId = "AKID", SecretAccessKey = SignatureJudge.Secret, SessionToken = "token",
            Region = "eu-west-1",
        },
    };

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void Judge(ReceivedRequest request)
    {
        Expect(request.RequestLine == "POST / HTTP/1.1", request.RequestLine);
        Expect(request.Header("Content-Encoding") == "gzip", "not gzip");
        Expect(request.Header("Content-Type") == "application/x-www-form-urlencoded; charset=utf-8", request.Header("Content-Type"));
        Expect(request.Header("X-Amz-Security-Token") == "token", "no token");
        Expect(SignatureJudge.DefectOf(request, "eu-west-1/monitoring") is null, "the signature is wrong");
        Expect(request.Header("Authorization").Contains("x-amz-security-token", StringComparison.Ordinal), "the token is not signed");
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(request.Body), CompressionMode.Decompress))
            gzip.CopyTo(plain);
        var (form, defects) = PutMetricDataForm.Read(plain.ToArray());
        Defects.AddRange(defects);
        Namespace = form.Namespace;
        var metrics = form.Metrics;
        Calls.Add(metrics);
    }

    private void Expect(bool isTrue, string otherwise)
    {
        if (!isTrue)
            Defects.Add(otherwise);
    }
}
