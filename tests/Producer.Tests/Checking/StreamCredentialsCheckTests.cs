using Orleans.Kpl.Aws.Checking;

namespace Orleans.Kpl.Producer.Tests.Checking;

/// <summary>What a check says where streams have credentials of their own, and the process has some or none.</summary>
/// <remarks>Tests <see cref="KinesisCheck"/>, <see cref="ProcessLines"/> and <see cref="StreamLines"/>.</remarks>
public sealed class StreamCredentialsCheckTests
{
    private static readonly KinesisCredentials Good = new("AKID", "secret");
    private static readonly KinesisCredentials Bad = new("OTHER", "secret");

    /// <summary>Nothing told of it: the report was healthy, and a start with <c>CheckAtStart=Fail</c> went on.</summary>
    [Fact]
    public async Task Check_OfAStreamWhoseOwnCredentialsAreMissing_FailsItsLine()
    {
        var report = await CheckAsync(process: Good, ("partner", null), ("events", Good));
        AssertFailed(report, "credentials", "partner", "the vault is sealed");
        Assert.Equal("the stream's own credentials are missing", Of(report, "kinesis:PutRecords", "partner").Message);
        Assert.Equal(KplCheckStatus.Passed, Of(report, "kinesis:PutRecords", "events").Status);
        Assert.Null(report.AwayCode);
    }

    [Fact]
    public async Task Check_WhereTheOnlyStreamHasNoCredentials_CountsKinesisAsAway() =>
        Assert.Equal(RecordErrorCodes.CredentialsUnavailable, (await CheckAsync(process: Good, ("partner", null))).AwayCode);

    /// <summary>Those of the process passed, and beside other streams no line failed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Check_OfAStreamWhoseOwnCredentialsAreRefused_FailsItsLineAndNotTheProcess(bool isBesideAnother)
    {
        (string, KinesisCredentials?)[] streams = [("partner", Bad), .. isBesideAnother ? [("events", null)] : Array.Empty<(string, KinesisCredentials?)>()];
        var report = await CheckAsync(process: Good, inheriting: "events", streams);
        AssertFailed(report, "credentials", "partner", "Kinesis refuses those from the stream's own Credentials: UnrecognizedClientException");
        Assert.Equal(isBesideAnother ? KplCheckStatus.Passed : KplCheckStatus.NotChecked, Of(report, "credentials", null).Status);
        Assert.Equal(isBesideAnother ? null : "UnrecognizedClientException", report.AwayCode);
    }

    /// <summary>The streams were not asked, and <c>CheckAtStart=Fail</c> refused a producer that works.</summary>
    [Fact]
    public async Task Check_WhereEveryStreamHasItsOwn_AsksThemWithoutAnyOfTheProcess()
    {
        var report = await CheckAsync(process: null, ("events", Good), ("partner", Good));
        Assert.True(report.IsHealthy, report.ToString());
        Assert.Null(report.AwayCode);
        Assert.Equal(KplCheckStatus.NotChecked, Of(report, "credentials", null).Status);
        Assert.Equal("Kinesis accepts those from the stream's own Credentials", Of(report, "credentials", "partner").Message);
        Assert.Equal(KplCheckStatus.Passed, Of(report, "kinesis:PutRecords", "partner").Status);
    }

    [Fact]
    public async Task Check_WhereOneStreamNeedsThoseOfTheProcess_FailsThatLineAndStillAsksTheOther()
    {
        var report = await CheckAsync(process: null, inheriting: "events", ("events", null), ("partner", Good));
        AssertFailed(report, "credentials", null, "the vault is sealed");
        Assert.Equal("there are no credentials", Of(report, "kinesis:PutRecords", "events").Message);
        Assert.Equal(KplCheckStatus.Passed, Of(report, "kinesis:PutRecords", "partner").Status);
        Assert.Null(report.AwayCode);
    }

    /// <summary>It advised to set keys, which a delegate goes before.</summary>
    [Fact]
    public async Task Check_WhereTheDelegateOfTheProcessReturnsNull_SaysSo_AndAdvisesToMendIt()
    {
        KplOptions options = new() { Kinesis = { EndpointUrl = new("http://127.0.0.1:1"), Region = "us-east-1" } };
        options.Kinesis.Credentials = static _ => new((KinesisCredentials)null!);
        var line = Of(await KplProducer.CheckAsync(options, cancellationToken: TestContext.Current.CancellationToken), "credentials", null);
        Assert.Contains("the delegate returned null", line.Message, StringComparison.Ordinal);
        Assert.Equal("mend what KinesisOptions.Credentials calls, or leave it out", line.Advice);
    }

    private static KplCheckLine Of(KplCheckReport report, string name, string? stream) =>
        Assert.Single(report.Lines, l => l.Name == name && l.Stream == stream);

    private static void AssertFailed(KplCheckReport report, string name, string? stream, string message)
    {
        var failed = report.Lines.Where(static l => l.Status == KplCheckStatus.Failed).ToList();
        Assert.True(failed.Count == 1 && failed[0].Name == name && failed[0].Stream == stream && failed[0].Advice is not null, report.ToString());
        Assert.Contains(message, failed[0].Message, StringComparison.Ordinal);
    }

    private static Task<KplCheckReport> CheckAsync(KinesisCredentials? process, params (string Name, KinesisCredentials? Own)[] streams) =>
        CheckAsync(process, inheriting: null, streams);

    /// <param name="process">What the process has; null for a vault that gives nothing.</param>
    /// <param name="inheriting">The stream that has none of its own; null for none.</param>
    /// <param name="streams">The others with what their own delegates give; null for a vault that gives nothing.</param>
    private static async Task<KplCheckReport> CheckAsync(
        KinesisCredentials? process, string? inheriting, params (string Name, KinesisCredentials? Own)[] streams)
    {
        await using var server = await LocalKinesisServer.StartAsync(new() { Port = 0, CheckSignatures = new("AKID", "secret") });
        KplOptions options = new() { Kinesis = { EndpointUrl = server.Url, Region = "us-east-1", Credentials = Giving(process) } };
        foreach (var (name, own) in streams)
        {
            await server.Kinesis.CreateStreamAsync(name, 1);
            options.ForStream(name, s => s.Credentials = name == inheriting ? null : Giving(own));
        }

        return await KplProducer.CheckAsync(options, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static Func<CancellationToken, ValueTask<KinesisCredentials>> Giving(KinesisCredentials? credentials) =>
        _ => credentials is null ? throw new InvalidOperationException("the vault is sealed") : new(credentials);
}
