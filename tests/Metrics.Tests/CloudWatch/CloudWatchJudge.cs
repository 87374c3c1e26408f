using System.Globalization;
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
    private IReadOnlyList<DateTimeOffset> _times = [];

    public CloudWatchJudge() => _server = new WireServer(async (request, connection) =>
    {
        Judge(request);
        var (status, code) = Answer?.Invoke(Calls.Count) ?? JudgeTimes(request) ?? (200, "");
        if (status == 200)
        {
            Metrics.AddRange(Calls[^1]);
            Times.AddRange(_times);
        }

        await connection.AnswerAsync(
            status,
            status == 200
                ? "<PutMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ResponseMetadata/></PutMetricDataResponse>"
                : $"<ErrorResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>",
            "text/xml", Now is { } now ? $"Date: {now:R}\r\n" : "");
    });

    /// <summary>Returns the answer to a call, which is counted from 1; null to take all.</summary>
    public Func<int, (int Status, string Code)?>? Answer { get; set; }

    /// <summary>The time here, by which signatures and values are judged; null to take those of any time.</summary>
    public DateTimeOffset? Now { get; set; }

    /// <summary>What was wrong with requests.</summary>
    public List<string> Defects { get; } = [];

    /// <summary>Each call.</summary>
    public List<IReadOnlyList<MetricSeries>> Calls { get; } = [];

    /// <summary>What was taken.</summary>
    public List<MetricSeries> Metrics { get; } = [];

    /// <summary>The times of what was taken.</summary>
    public List<DateTimeOffset> Times { get; } = [];

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
        (var metrics, _times) = (form.Metrics, form.Times);
        Calls.Add(metrics);
    }

    private (int Status, string Code)? JudgeTimes(ReceivedRequest request)
    {
        if (Now is not { } now)
            return null;
        var signedAt = DateTimeOffset.ParseExact(
            request.Header("x-amz-date"), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if ((signedAt - now).Duration() > TimeSpan.FromMinutes(5))
            return (403, "SignatureDoesNotMatch");
        return _times.Max() > now.AddHours(2) ? (400, "InvalidParameterValue") : null;
    }

    private void Expect(bool isTrue, string otherwise)
    {
        if (!isTrue)
            Defects.Add(otherwise);
    }
}
