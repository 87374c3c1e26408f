using Amazon.Runtime;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Credentials;

public sealed class CodeOriginTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(3_600, 3_300, 3_585)] // five minutes before the end; the last use 15 s before
    [InlineData(240, 180, 225)] // a short life: at three quarters
    [InlineData(40, 30, 36)]
    public async Task Fetch_WithAnExpiry_IsFreshUntilShortlyBefore(int seconds, int fresh, int usable)
    {
        var origin = new CodeOrigin(_ => new(new KinesisCredentials("ID", "secret\n", "token", _time.GetUtcNow().AddSeconds(seconds))), new ServerClock(_time));
        var fetched = await origin.FetchAsync(false, default);
        Assert.Equal((fresh, usable), (fetched.FreshFor.TotalSeconds, fetched.UsableFor.TotalSeconds));
        Assert.Equal(("ID", "secret", "token"), (fetched.Keys.AccessKeyId, fetched.Keys.SecretAccessKey, fetched.Keys.SessionToken));
    }

    [Fact]
    public async Task Fetch_WithoutAnExpiry_IsAskedEveryFiveMinutesAndStaysUsable()
    {
        var fetched = await new CodeOrigin(static _ => new(new KinesisCredentials("ID", "secret")), new ServerClock(_time)).FetchAsync(false, default);
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.MaxValue), (fetched.FreshFor, fetched.UsableFor));
    }

    [Fact]
    public async Task Call_BeforeTheyExpire_IsSignedWithNewOnesThatWereFetchedInTheBackground()
    {
        var given = 0;
        await using var kinesis = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(
            kinesis.Address, o => SetCode(o, _ => new(new KinesisCredentials($"ID{++given}", "secret", null, _time.GetUtcNow().AddHours(1)))), _time);
        await gateway.PutOneAsync();
        _time.Advance(TimeSpan.FromMinutes(56));
        await gateway.PutOneAsync(); // with the old ones; asks for new ones beside it
        Assert.Equal(["ID1", "ID1"], kinesis.Requests.Select(static r => r.KeyId));
        await Waiting.UntilAsync(async () =>
        {
            await gateway.PutOneAsync();
            return kinesis.Requests.Last().KeyId == "ID2";
        });
        Assert.Equal(2, given);
    }

    /// <summary>By a clock that Kinesis corrected, those that are over are not used. A clock that it did not correct says nothing.</summary>
    [Fact]
    public async Task Fetch_OfThoseThatAreOver_CountsOnlyByACorrectedClock()
    {
        var clock = new ServerClock(_time);
        var origin = new CodeOrigin(_ => new(new KinesisCredentials("ID", "secret", null, FakeTimeProvider.Start)), clock);
        var fetched = await origin.FetchAsync(false, default);
        Assert.Equal(("ID", FetchedCredentials.PollDelay), (fetched.Keys.AccessKeyId, fetched.FreshFor));

        Assert.True(clock.TryLearn(_time.GetUtcNow().AddMinutes(10), _time.GetUtcNow()));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => origin.FetchAsync(false, default));
        Assert.Equal("The credentials of access key ID expired at 2026-01-01 00:00:00Z.", error.Message);
        Assert.True(clock.TryLearn(_time.GetUtcNow().AddMinutes(-40), clock.UtcNow));
        Assert.Equal(TimeSpan.FromMinutes(35), (await origin.FetchAsync(false, default)).FreshFor);

        // A clock that was behind is corrected, and then set right: no call was made any more that could end the correction.
        _time.Jump(TimeSpan.FromMinutes(-30));
        Assert.True(clock.TryLearn(FakeTimeProvider.Start.AddMinutes(-5), clock.UtcNow));
        _time.Jump(TimeSpan.FromMinutes(25));
        Assert.Equal(FetchedCredentials.PollDelay, (await origin.FetchAsync(false, default)).FreshFor);
    }

    /// <summary>A slow vault was told as <c>ConnectionFailed</c>, which sends people to the network.</summary>
    [Theory]
    [InlineData(false, "the program (Credentials)")]
    [InlineData(true, "the stream's own Credentials")]
    public async Task Call_WhileTheProgramDoesNotAnswer_WasAFaultOfTheNetwork(bool isOfStream, string who)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var kinesis = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(kinesis.Address, o => SetCode(o, GiveNoneAsync), _time);
        var stream = Gateways.Stream() with { RequestTimeout = TimeSpan.FromSeconds(6), Credentials = isOfStream ? GiveNoneAsync : null };
        var putting = gateway.PutOneAsync(stream);
        await asked.Task.WaitAsync(Waiting.Long);
        _time.Advance(stream.RequestTimeout);
        var error = await Assert.ThrowsAsync<KinesisException>(() => putting);
        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.CredentialsUnavailable), (error.Kind, error.Code));
        Assert.Equal($"No credentials from {who} within 6000 ms.", error.Message);

        async ValueTask<KinesisCredentials> GiveNoneAsync(CancellationToken cancellationToken)
        {
            asked.TrySetResult();
            return await new TaskCompletionSource<KinesisCredentials>().Task.WaitAsync(cancellationToken);
        }
    }

    [Fact]
    public async Task Call_WhenTheStreamHasItsOwn_IsSignedWithThoseAndOthersAreNot()
    {
        await using var kinesis = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(kinesis.Address, static o => SetCode(o, static _ => new(new KinesisCredentials("PROCESS", "secret"))), _time);
        await gateway.PutOneAsync(Gateways.Stream() with { Credentials = static _ => new(new KinesisCredentials("STREAM", "secret")) });
        await gateway.PutOneAsync();
        Assert.Equal(["STREAM", "PROCESS"], kinesis.Requests.Select(static r => r.KeyId));
        Assert.Equal("the program (Credentials)", gateway.CredentialSource);
    }

    [Fact]
    public async Task Fetch_FromTheSdk_AsksItOftenAndHasItForgetWhatWasRefused()
    {
        var sdk = new Refreshing();
        var origin = new CodeOrigin(new AwsSdkCredentials(sdk).GetAsync, new ServerClock(_time));
        Assert.Equal("SDK1", (await origin.FetchAsync(false, default)).Keys.AccessKeyId);
        Assert.Equal("SDK1", (await origin.FetchAsync(false, default)).Keys.AccessKeyId);
        var anew = await origin.FetchAsync(true, default);
        Assert.Equal(("SDK2", FetchedCredentials.PollDelay), (anew.Keys.AccessKeyId, anew.FreshFor));
        Assert.Equal("the program (Refreshing)", origin.Description);
    }

    [Fact]
    public async Task Call_Always_NamesTheVersionOfTheLibrary()
    {
        await using var kinesis = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(kinesis.Address);
        await gateway.PutOneAsync();
        Assert.Matches(@"^Orleans\.Kpl/\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$", kinesis.Requests.Single().Header("User-Agent"));
    }

    [Fact]
    public void ToString_OfCredentials_ShowsNoSecret() => Assert.Equal("ID", new KinesisCredentials("ID", "very-secret", "token").ToString());

    private static void SetCode(KinesisOptions options, Func<CancellationToken, ValueTask<KinesisCredentials>> code) =>
        (options.Credentials, options.AccessKeyId, options.SecretAccessKey) = (code, null, null);

    private sealed class Refreshing : RefreshingAWSCredentials
    {
        private int _made;

        protected override CredentialsRefreshState GenerateNewCredentials() =>
            new(new ImmutableCredentials($"SDK{++_made}", "secret", null), DateTime.UtcNow.AddDays(1));

        protected override Task<CredentialsRefreshState> GenerateNewCredentialsAsync() => Task.FromResult(GenerateNewCredentials());
    }
}
