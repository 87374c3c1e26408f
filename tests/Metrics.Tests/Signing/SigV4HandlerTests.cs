using System.Diagnostics.Metrics;
using System.Text;
using Google.Protobuf;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Metrics.Tests.Signing;

public sealed class SigV4HandlerTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    /// <summary>
    /// OpenTelemetry's exporter sends synchronously, past the handlers that override the asynchronous way alone (opentelemetry-dotnet#7575).
    /// </summary>
    [Fact]
    public async Task Export_ByOpenTelemetry_ArrivesWithASignatureThatHolds()
    {
        await using var server = WireServer.Answering(200, "", "application/x-protobuf");
        using var meter = new Meter("Signed.Meter");
        var factories = 0;
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter("Signed.Meter").AddOtlpExporter((exporter, reader) =>
        {
            exporter.Endpoint = new Uri(server.Address, "v1/metrics");
            exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
            exporter.TimeoutMilliseconds = (int)Waiting.Long.TotalMilliseconds;
            exporter.HttpClientFactory = () =>
            {
                factories++;
                return new HttpClient(new SigV4Handler(Options()));
            };
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = int.MaxValue;
        }).Build())
        {
            meter.CreateCounter<long>("orders").Add(42);
            Assert.True(provider.ForceFlush((int)Waiting.Long.TotalMilliseconds));
        }

        Assert.NotEqual(0, factories);
        Assert.NotEmpty(server.Requests);
        Assert.All(server.Requests, static r =>
        {
            Assert.Equal("POST /v1/metrics HTTP/1.1", r.RequestLine);
            Assert.DoesNotContain("Orleans.Kpl", r.Header("User-Agent"), StringComparison.Ordinal);
            Assert.Null(SignatureJudge.DefectOf(r, "eu-west-1/monitoring"));
        });
        Assert.Equal(("orders", 42), MetricOf(server.Requests.First().Body));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_EitherWay_SignsPathQueryAndBody(bool isAsync)
    {
        await using var server = WireServer.Answering(200, "");
        using var client = new HttpClient(new SigV4Handler(Options(token: "token"), "xray"));
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(server.Address, "v1/a%20b?z=1&a1=2&a=b%2Fc&a=3&flag"));
        request.Content = new StringContent("body");
        request.Headers.TryAddWithoutValidation("Authorization", "of somebody else");
        using var response = isAsync ? await client.SendAsync(request, Stop) : client.Send(request, Stop);

        var arrived = Assert.Single(server.Requests);
        Assert.Equal(("body", "token"), (arrived.BodyText, arrived.Header("x-amz-security-token")));
        Assert.Contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,", arrived.Header("Authorization"), StringComparison.Ordinal);
        Assert.Null(SignatureJudge.DefectOf(arrived, "eu-west-1/xray", "a=3&a=b%2Fc&a1=2&flag=&z=1"));
    }

    [Fact]
    public async Task Send_WhereTheClockIsWrong_SignsOnceMoreWithTheServersTime()
    {
        var time = new FakeTimeProvider();
        var real = time.GetUtcNow().AddMinutes(20);
        await using var server = WireServer.Answering((403, "", $"Date: {real:R}\r\n"), (200, "", ""));
        using var client = new HttpClient(new SigV4Handler(Options(), time: time));
        using var response = await client.PostAsync(server.Address, new StringContent("body"), Stop);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal($"{real.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}", server.Requests.Last().Header("x-amz-date"));
        Assert.All(server.Requests, static r => Assert.Null(SignatureJudge.DefectOf(r, "eu-west-1/monitoring")));
    }

    [Fact]
    public async Task Send_WhoseKeysAreRefusedAndStayTheSame_IsSentOnce()
    {
        await using var server = WireServer.Answering(403, "no");
        using var client = new HttpClient(new SigV4Handler(Options()));
        using var response = await client.PostAsync(server.Address, new StringContent("body"), Stop);
        Assert.Equal((403, 1), ((int)response.StatusCode, server.Requests.Count));
    }

    /// <summary>Exporters expect this exception alone, and try again later.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_WithoutCredentials_SaysSo_AndSendsNothing(bool isAsync)
    {
        await using var server = WireServer.Answering(200, "");
        var options = new KplOptions
        {
            Kinesis = { Region = "eu-west-1", Credentials = static _ => throw new InvalidOperationException("the vault is sealed") },
        };
        using var client = new HttpClient(new SigV4Handler(options));
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address) { Content = new StringContent("body") };
        var error = isAsync
            ? await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, Stop))
            : Assert.Throws<HttpRequestException>(() => { client.Send(request, Stop); });
        Assert.Contains("the request cannot be signed: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("the vault is sealed", error.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void Create_WithAProfileThatIsNotThere_NamesIt()
    {
        var options = Options();
        (options.Metrics.AccessKeyId, options.Metrics.SecretAccessKey, options.Metrics.Profile) = (null, null, "there-is-no-such-profile");
        var error = Assert.Throws<KplOptionsException>(() => new SigV4Handler(options));
        Assert.Contains("there-is-no-such-profile", Assert.Single(error.Errors), StringComparison.Ordinal);
    }

    private static KplOptions Options(string? token = null) => new()
    {
        Metrics = { Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = SignatureJudge.Secret, SessionToken = token },
    };

    /// <summary>
    /// Name and value of the only metric: resource_metrics 1, scope_metrics 2, metrics 2, then name 1, and sum 7, data_points 1, as_int 6
    /// (opentelemetry/proto/metrics/v1/metrics.proto).
    /// </summary>
    private static (string Name, long Value) MetricOf(byte[] export)
    {
        var metric = Field(Field(Field(export, 1), 2), 2);
        return (Encoding.UTF8.GetString(Field(metric, 1)), BitConverter.ToInt64(Field(Field(Field(metric, 7), 1), 6)));
    }

    private static byte[] Field(byte[] message, int number)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            var isIt = Google.Protobuf.WireFormat.GetTagFieldNumber(tag) == number;
            if (isIt && Google.Protobuf.WireFormat.GetTagWireType(tag) == Google.Protobuf.WireFormat.WireType.LengthDelimited)
                return input.ReadBytes().ToByteArray();
            if (isIt && Google.Protobuf.WireFormat.GetTagWireType(tag) == Google.Protobuf.WireFormat.WireType.Fixed64)
                return BitConverter.GetBytes(input.ReadFixed64());
            input.SkipLastField();
        }

        throw new InvalidOperationException($"no field {number}");
    }
}
