using Orleans.Kpl.Aws.Checking;

namespace Orleans.Kpl.Producer.Tests.Checking;

/// <summary>What a check says of each thing that can be wrong, over real sockets.</summary>
/// <remarks>Tests <see cref="KinesisCheck"/>, <see cref="ProcessLines"/> and <see cref="StreamLines"/>.</remarks>
public sealed class ProducerCheckTests
{
    private const string Stream = "events";

    [Fact]
    public async Task Check_WhenAllIsWell_PassesEveryLineAndWritesNothing()
    {
        await using var server = await StartAsync(new() { CheckSignatures = new("AKID", "secret") });
        var report = await CheckAsync(server, o => (o.Kinesis.AccessKeyId, o.Kinesis.SecretAccessKey) = ("AKID", "secret"));

        Assert.True(report.IsHealthy, report.ToString());
        Assert.All(report.Lines, line => Assert.True(line.Status == KplCheckStatus.Passed, line.ToString()));
        Assert.Equal(
            [
                "settings", "region", "credentials", "endpoint", "endpoints", "clock", "stream", "kinesis:DescribeStreamSummary", "kinesis:ListShards",
                "kinesis:PutRecords", "limits",
            ],
            report.Lines.Select(l => l.Name));
        Assert.Equal("4 shards take at most 4,000 Kinesis records/s and 4 MiB/s, a record at most 1,024 KiB", Of(report, "limits").Message);
        Assert.Empty(server.Kinesis.GetApplied(Stream));
    }

    [Theory]
    [InlineData("AKID", "wrong", "InvalidSignatureException", "secret access key")]
    [InlineData("other", "secret", "UnrecognizedClientException", "access key id")]
    public async Task Check_WithAWrongKey_FailsTheCredentialsAndAsksNoFurther(string id, string secret, string code, string advice)
    {
        await using var server = await StartAsync(new() { CheckSignatures = new("AKID", "secret") });
        var report = await CheckAsync(server, o => (o.Kinesis.AccessKeyId, o.Kinesis.SecretAccessKey) = (id, secret));

        var line = OnlyFailure(report, "credentials");
        Assert.Contains(code, line.Message, StringComparison.Ordinal);
        Assert.Contains(advice, line.Advice, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, report.ToString().Replace("secret access key", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.All(report.Lines.Where(l => l.Stream is not null), l => Assert.Equal(KplCheckStatus.NotChecked, l.Status));
    }

    [Theory]
    [InlineData("ListShards", "without aggregation")]
    [InlineData("DescribeStreamSummary", "1 MiB")]
    [InlineData("PutRecords", "no record is delivered")]
    public async Task Check_WhenAnActionIsDenied_FailsTheLineOfThatRight(string operation, string advice)
    {
        await using var server = await StartAsync();
        server.Kinesis.Faults.Add(new ErrorFault { Operation = operation, Type = "AccessDeniedException", Message = "User: u is not authorized" });
        var report = await CheckAsync(server);

        var line = OnlyFailure(report, "kinesis:" + operation);
        Assert.Contains("not authorized", line.Message, StringComparison.Ordinal);
        Assert.Contains($"allow kinesis:{operation} on the stream", line.Advice, StringComparison.Ordinal);
        Assert.Contains(advice, line.Advice, StringComparison.Ordinal);
        Assert.Equal(KplCheckStatus.Passed, Of(report, "credentials").Status);
        Assert.Equal(KplCheckStatus.Passed, Of(report, "stream").Status);
    }

    /// <summary>PutRecord has a right of its own: who had that of PutRecords alone was told that all is well, and nothing was delivered.</summary>
    [Fact]
    public async Task Check_OfAStreamThatPutsOneByOne_AsksForTheRightThatItNeeds()
    {
        await using var server = await StartAsync();
        void Order(KplOptions options) => options.ForStream(Stream, static s => s.Ordered = OrderedMode.PutRecord);
        server.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords", Type = "AccessDeniedException" });

        var allowed = await CheckAsync(server, Order);
        server.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecord", Type = "AccessDeniedException" });
        var denied = await CheckAsync(server, Order);

        Assert.True(allowed.IsHealthy, allowed.ToString());
        Assert.Equal(KplCheckStatus.Passed, Of(allowed, "kinesis:PutRecord").Status);
        Assert.Empty(server.Kinesis.GetApplied(Stream));
        Assert.Contains("allow kinesis:PutRecord on the stream", OnlyFailure(denied, "kinesis:PutRecord").Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfAStreamThatIsNotThere_FailsThatLineAndTellsNothingOfThePut()
    {
        await using var server = await StartAsync();
        var report = await CheckAsync(server, stream: "typo");
        var line = OnlyFailure(report, "stream");
        Assert.Equal("typo", line.Stream);
        Assert.Contains("does not know it", line.Message, StringComparison.Ordinal);
        Assert.Equal(KplCheckStatus.NotChecked, Of(report, "kinesis:PutRecords").Status);
        Assert.Equal(KplCheckStatus.NotChecked, Of(report, "limits").Status);
    }

    [Theory]
    [InlineData("ListShards", "LimitExceededException")]
    [InlineData("DescribeStreamSummary", "LimitExceededException")]
    [InlineData("PutRecords", "ProvisionedThroughputExceededException")]
    public async Task Check_WhileThrottled_SaysThatItDoesNotKnow(string operation, string code)
    {
        await using var server = await StartAsync();
        server.Kinesis.Faults.Add(new ErrorFault { Operation = operation, Type = code });
        var report = await CheckAsync(server);
        var line = Of(report, "kinesis:" + operation);
        Assert.True(report.IsHealthy, report.ToString());
        Assert.Equal(KplCheckStatus.NotChecked, line.Status);
        Assert.Contains(code, line.Message, StringComparison.Ordinal);
        Assert.StartsWith("check again", line.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_WhenNobodyListens_FailsTheEndpointAndSaysTheReasonOnce()
    {
        using var dead = new DeadEndpoint();
        var report = await KplProducer.CheckAsync(OptionsFor(dead.Url), Stream, cancellationToken: TestContext.Current.CancellationToken);
        var line = OnlyFailure(report, "endpoint");
        Assert.Equal(2, line.Message.Split("refused").Length);
        Assert.All(report.Lines.Where(l => l.Stream is not null), l => Assert.Contains("cannot be reached", l.Message, StringComparison.Ordinal));
    }

    public static TheoryData<Fault, string> FaultsOfTheEndpoint => new()
    {
        { new OutageFault(), "" },
        { new HalfOpenFault(), "get no answer" },
        // A proxy.
        { new HtmlErrorFault(), "is not Kinesis: HTTP 503" },
    };

    [Theory]
    [MemberData(nameof(FaultsOfTheEndpoint), DisableDiscoveryEnumeration = true)]
    public async Task Check_WhenKinesisDoesNotAnswer_FailsTheEndpointAndSaysWhatDoes(Fault fault, string message)
    {
        await using var server = await StartAsync();
        server.Kinesis.Faults.Add(fault);
        var report = await CheckAsync(server, o => o.RequestTimeout = fault is HalfOpenFault ? TimeSpan.FromMilliseconds(300) : o.RequestTimeout);
        Assert.Contains(message, OnlyFailure(report, "endpoint").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, "20 minutes behind")]
    [InlineData(-20, "20 minutes ahead of")]
    public async Task Check_WhenTheClockIsOff_FailsTheClockAndStillTellsTheRest(int minutes, string expected)
    {
        await using var server = await StartAsync();
        server.Kinesis.Faults.Add(new ClockSkewFault { Skew = TimeSpan.FromMinutes(minutes) });
        var report = await CheckAsync(server);
        var line = OnlyFailure(report, "clock");
        Assert.Contains(expected, line.Message, StringComparison.Ordinal);
        Assert.Contains("NTP", line.Advice, StringComparison.Ordinal);
        Assert.Equal(KplCheckStatus.Passed, Of(report, "kinesis:PutRecords").Status);
    }

    /// <summary>It promised that each process corrects itself, and none does.</summary>
    [Fact]
    public async Task Check_WhenTheClockIsOffByMoreThanADay_SaysThatNothingIsDelivered()
    {
        await using var server = await StartAsync();
        server.Kinesis.Faults.Add(new ClockSkewFault { Skew = TimeSpan.FromHours(25) });
        var report = await CheckAsync(server);
        Assert.Contains("nothing is delivered", Of(report, "clock").Advice, StringComparison.Ordinal);
        Assert.Equal(KplCheckStatus.Failed, Of(report, "credentials").Status);
    }

    [Fact]
    public async Task Check_OverTlsWithAnUnknownAuthority_FailsTheEndpointUntilItIsTrusted()
    {
        await using var server = await StartAsync(new() { TlsPort = 0 });
        var options = OptionsFor(server.TlsUrl!);
        var line = OnlyFailure(await KplProducer.CheckAsync(options, Stream, cancellationToken: TestContext.Current.CancellationToken), "endpoint");
        Assert.Contains("Kpl:Kinesis:CaCertFile", line.Advice, StringComparison.Ordinal);

        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, server.Certificate!.ExportCertificatePem(), TestContext.Current.CancellationToken);
        options.Kinesis.CaCertFile = file;
        var trusted = await KplProducer.CheckAsync(options, Stream, cancellationToken: TestContext.Current.CancellationToken);
        File.Delete(file);
        Assert.True(trusted.IsHealthy, trusted.ToString());
    }

    /// <summary>The advice spoke of certificate authorities once, where the address only began with the wrong word.</summary>
    [Fact]
    public async Task Check_OverTlsWhereNoneIsSpoken_SaysHowTheAddressBegins()
    {
        await using var server = await StartAsync();
        var options = OptionsFor(new UriBuilder(server.Url) { Scheme = Uri.UriSchemeHttps }.Uri);
        var line = OnlyFailure(await KplProducer.CheckAsync(options, Stream, cancellationToken: TestContext.Current.CancellationToken), "endpoint");
        Assert.Contains("speaks no TLS", line.Message, StringComparison.Ordinal);
        Assert.Equal("write http:// in Kpl:Kinesis:EndpointUrl, or the port on which TLS is spoken there", line.Advice);
    }

    /// <summary>The advice spoke of routes to the endpoint once, where the proxy before it was not there.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("nosuch.invalid")]
    public async Task Check_ThroughAProxyThatIsNotThere_NamesIt(string host)
    {
        using var dead = new DeadEndpoint();
        var options = OptionsFor(new Uri("http://kinesis.example:80"));
        (options.Kinesis.ProxyHost, options.Kinesis.ProxyPort) = (host, dead.Url.Port);
        var line = OnlyFailure(await KplProducer.CheckAsync(options, Stream, cancellationToken: TestContext.Current.CancellationToken), "endpoint");
        Assert.Contains($"Kpl:Kinesis:ProxyHost: the proxy {host}:{dead.Url.Port} is not reached: ", line.Message, StringComparison.Ordinal);
        Assert.StartsWith("check the proxy: ", line.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_WhenTheKeyOfTheStreamCannotBeUsed_FailsThePut()
    {
        await using var server = await StartAsync();
        server.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords", Type = "KMSDisabledException" });
        Assert.Contains("KMSDisabledException", OnlyFailure(await CheckAsync(server), "kinesis:PutRecords").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_WithoutAStream_AsksAboutThoseOfTheSettings()
    {
        await using var server = await StartAsync();
        var report = await CheckAsync(server, o => o.ForStream(Stream, _ => { }).ForStream("other", _ => { }), stream: null);
        Assert.Equal([Stream, "other"], report.Lines.Select(l => l.Stream).OfType<string>().Distinct());
        Assert.Equal("other", OnlyFailure(report, "stream").Stream);
    }

    [Fact]
    public async Task Check_WithoutAnyStream_TellsWhetherTheCredentialsAreAccepted()
    {
        await using var server = await StartAsync(new() { CheckSignatures = new("AKID", "secret") });
        var report = await CheckAsync(server, o => (o.Kinesis.AccessKeyId, o.Kinesis.SecretAccessKey) = ("AKID", "wrong"), stream: null);
        Assert.DoesNotContain(report.Lines, l => l.Stream is not null);
        OnlyFailure(report, "credentials");
    }

    [Fact]
    public async Task Check_WithSettingsThatCannotWork_TellsThemInsteadOfThrowing()
    {
        var options = new KplOptions { RateLimit = 0, Kinesis = { EndpointUrl = new("http://127.0.0.1:1"), AccessKeyId = "half" } };
        var report = await KplProducer.CheckAsync(options, Stream, cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(report.IsHealthy);
        var settings = report.Lines.Where(l => l is { Name: "settings", Status: KplCheckStatus.Failed });
        Assert.Contains(settings, l => l.Message.StartsWith("Kpl:RateLimit is '0'", StringComparison.Ordinal));
        Assert.Contains(report.Lines, l => l.Status == KplCheckStatus.Failed && l.Message.Contains("SecretAccessKey", StringComparison.Ordinal));
        Assert.Equal(KplCheckStatus.NotChecked, Of(report, "endpoint").Status);
    }

    [Fact]
    public async Task Check_OfARunningProducer_LeavesItsRecordsAlone()
    {
        await using var server = await StartAsync();
        await using var producer = KplProducer.Create(OptionsFor(server.Url));
        var put = producer.PutAsync(Stream, new UserRecord("k", new byte[] { 1 }));
        var report = await producer.CheckAsync(Stream, TestContext.Current.CancellationToken);
        Assert.True(report.IsHealthy, report.ToString());
        Assert.True((await put).IsSuccess);
    }

    [Fact]
    public void Report_AsText_HasALineForEachQuestion()
    {
        var report = new KplCheckReport
        {
            Lines =
            [
                new() { Name = "region", Status = KplCheckStatus.Passed, Message = "eu-central-1, from Kpl:Kinesis:Region" },
                new() { Name = "stream", Stream = "events", Status = KplCheckStatus.Failed, Message = "Kinesis does not know it", Advice = "create it" },
                new() { Name = "limits", Stream = "events", Status = KplCheckStatus.NotChecked, Message = "the shards could not be listed" },
            ],
        };
        Assert.Equal(
            """
            passed       region: eu-central-1, from Kpl:Kinesis:Region.
            failed       stream events: Kinesis does not know it. To do: create it.
            not checked  limits of events: the shards could not be listed.
            """.ReplaceLineEndings(),
            report.ToString());
        Assert.False(report.IsHealthy);
    }

    private static KplCheckLine Of(KplCheckReport report, string name) => Assert.Single(report.Lines, l => l.Name == name);

    private static KplCheckLine OnlyFailure(KplCheckReport report, string name)
    {
        var failed = report.Lines.Where(l => l.Status == KplCheckStatus.Failed).ToList();
        Assert.True(failed.Count == 1 && failed[0].Name == name && failed[0].Advice is not null, report.ToString());
        return failed[0];
    }

    private static async Task<LocalKinesisServer> StartAsync(LocalKinesisOptions? options = null)
    {
        options ??= new();
        options.Port = 0;
        var server = await LocalKinesisServer.StartAsync(options);
        await server.Kinesis.CreateStreamAsync(Stream, 4);
        return server;
    }

    private static Task<KplCheckReport> CheckAsync(LocalKinesisServer server, Action<KplOptions>? configure = null, string? stream = Stream)
    {
        var options = OptionsFor(server.Url);
        configure?.Invoke(options);
        return KplProducer.CheckAsync(options, stream, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static KplOptions OptionsFor(Uri endpoint) => new()
    {
        Kinesis = { EndpointUrl = endpoint, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" },
    };
}
