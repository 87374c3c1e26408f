using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Transport;

/// <summary>The one resend that a signature's refusal gets, which is none of the pipeline's attempts.</summary>
/// <remarks>Tests <see cref="Aws.Transport.KinesisCaller"/>.</remarks>
public sealed class ResendTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    public async Task Call_WhenTheClockIsOff_IsSentAgainWithTheServersTime(int minutes)
    {
        var serverTime = _time.GetUtcNow().AddMinutes(minutes);
        await using var server = WireServer.Answering(
            (400, """{"__type":"InvalidSignatureException","message":"Signature expired"}""", $"Date: {serverTime:R}\r\n"),
            (200, Gateways.Ok, ""));
        using var gateway = Gateways.To(server.Address, time: _time);

        await gateway.PutOneAsync();
        await gateway.PutOneAsync();

        Assert.Equal(
            [FakeTimeProvider.Start, serverTime, serverTime],
            server.Requests.Select(request => ParseDate(request.Header("X-Amz-Date"))));
        Assert.Equal(TimeSpan.FromMinutes(minutes), gateway.Clock.Offset);
        Assert.Single(server.Requests.Select(request => request.BodyText).Distinct());
    }

    [Theory]
    [InlineData("ExpiredTokenException")]
    [InlineData("UnrecognizedClientException")]
    [InlineData("InvalidSignatureException")]
    public async Task Call_WhenCredentialsAreRefused_IsSentAgainWithNewOnes(string code)
    {
        await using var server = WireServer.Answering((400, $$"""{"__type":"{{code}}","message":"no"}""", DateNow()), (200, Gateways.Ok, ""));
        var origin = new Clients.KeysInTurn(Long, Long, "OLD", "NEW");
        using var gateway = Clients.SigningWith(new CachedCredentials(origin, _time), server.Address, _time);

        await gateway.PutOneAsync();

        Assert.Equal(["OLD", "NEW"], server.Requests.Select(static r => r.KeyId));
        Assert.Equal([false, true], origin.WereRefused);
    }

    [Fact]
    public async Task Call_WhenThereAreNoOtherCredentials_FailsWithWhatKinesisSaid()
    {
        await using var server = WireServer.Answering(400, """{"__type":"UnrecognizedClientException","message":"The security token is invalid."}""");
        using var gateway = Gateways.To(server.Address, options => (options.AccessKeyId, options.SecretAccessKey) = ("id", "secret"));

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        Assert.Equal((KinesisFailureKind.Refused, "UnrecognizedClientException"), (error.Kind, error.Code));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Call_WhenTheNewCredentialsAreRefusedToo_IsNotSentAThirdTime()
    {
        await using var server = WireServer.Answering(400, """{"__type":"ExpiredTokenException","message":"no"}""", extraHeaders: DateNow());
        var origin = new Clients.KeysInTurn(Long, Long, "A", "B", "C");
        using var gateway = Clients.SigningWith(new CachedCredentials(origin, _time), server.Address, _time);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        Assert.Equal("ExpiredTokenException", error.Code);
        Assert.Equal(["A", "B"], server.Requests.Select(static r => r.KeyId));
    }

    [Fact]
    public async Task Call_WhenNewCredentialsCannotBeHad_FailsWithWhatKinesisSaid()
    {
        await using var server = WireServer.Answering(400, """{"__type":"ExpiredTokenException","message":"no"}""", extraHeaders: DateNow());
        using var gateway = Clients.SigningWith(new CachedCredentials(new OnlyOnce(), _time), server.Address, _time);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        Assert.Equal("ExpiredTokenException", error.Code);
    }

    private string DateNow() => $"Date: {_time.GetUtcNow():R}\r\n";

    private static DateTimeOffset ParseDate(string text) =>
        DateTimeOffset.ParseExact(text, "yyyyMMdd'T'HHmmss'Z'", null, System.Globalization.DateTimeStyles.AssumeUniversal);

    private sealed class OnlyOnce : ICredentialOrigin
    {
        private bool _gave;

        public string Description => "once";

        public Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken)
        {
            if (_gave)
                throw new InvalidOperationException("gone");
            _gave = true;
            return Task.FromResult(new FetchedCredentials(new SigningCredentials("id", "secret", null), Long, Long));
        }
    }
}
