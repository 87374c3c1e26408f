using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;

namespace Orleans.Kpl.Silos.Tests.Fronts;

/// <remarks>Tests <see cref="StreamNameResolver"/> and <see cref="OwnStreams"/>.</remarks>
public sealed class StreamNameResolverTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";
    private const string Foreign = "arn:aws:kinesis:us-east-1:999999999999:stream/events";
    private const string Elsewhere = "arn:aws:kinesis:eu-west-1:000000000000:stream/events";

    private readonly FakeTimeProvider _time = new();
    private readonly FakeKinesis _kinesis = new(shards: 1);
    private readonly StreamNameResolver _names;

    public StreamNameResolverTests()
    {
        _names = new StreamNameResolver(new KplOptions(), _kinesis, _time);
        IsOf("000000000000");
    }

    /// <summary>Put by its ARN before it was there, it kept the ARN as its name in this silo, beside its own in others: two owners of each shard.</summary>
    [Fact]
    public async Task AStreamThatIsCreatedLater_HasOneName()
    {
        FailNext(Refused(RecordErrorCodes.ResourceNotFound, "not there"));
        var missing = await Assert.ThrowsAsync<KinesisException>(() => _names.CanonicalAsync(Arn).AsTask());
        Assert.Equal(RecordErrorCodes.ResourceNotFound, missing.Code);
        Assert.Null(_names.Find(Arn));

        _time.Advance(StreamNameResolver.AskAgainAfter);
        Assert.Equal("events", await CanonicalAsync(Arn));
    }

    [Fact]
    public async Task AnArnOfWhichNothingIsTold_HasNoName_AndIsAskedForAFewTimes()
    {
        var asked = 0;
        _kinesis.BeforeSummary = _ => asked++ >= 0 ? throw Refused("AccessDeniedException", "no") : ValueTask.CompletedTask;

        await Assert.ThrowsAsync<KinesisException>(() => CanonicalAsync(Arn));
        await Assert.ThrowsAsync<KinesisException>(() => CanonicalAsync(Arn));

        Assert.Equal(StreamNameResolver.Tries, asked);
        Assert.Null(_names.Find(Arn));
        Assert.Equal(Arn, _names.Known(Arn));
    }

    /// <summary>
    /// Puts by a name wait for Kinesis as long as records live, and so do those by an ARN. Where Kinesis failed, or many processes that started at once used
    /// up the account's 20 calls a second, they failed within two seconds.
    /// </summary>
    [Theory]
    [InlineData(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, 0)]
    [InlineData(KinesisFailureKind.Refused, "LimitExceededException", 400)]
    [InlineData(KinesisFailureKind.Refused, "ThrottlingException", 400)]
    [InlineData(KinesisFailureKind.Refused, "InternalFailure", 500)]
    [InlineData(KinesisFailureKind.Refused, "HTTP 503", 503)]
    public async Task AnArn_WhileKinesisIsAway_IsAskedForUntilPatienceEnds(object kind, string code, int status)
    {
        var asked = 0;
        _kinesis.BeforeSummary = _ => ++asked < 10
            ? throw new KinesisException((KinesisFailureKind)kind, code, "away", status) : ValueTask.CompletedTask;
        var patient = new StreamNameResolver(new KplOptions(), _kinesis, _time, TimeSpan.FromSeconds(30));

        await Assert.ThrowsAsync<KinesisException>(() => CanonicalAsync(Arn));
        Assert.Equal("events", await CanonicalAsync(Arn, patient));
        Assert.Equal(10, asked);
    }

    /// <summary>Whatever Kinesis tells, or does not tell, an ARN has one of two names, and never both.</summary>
    [Theory]
    [InlineData(RecordErrorCodes.ResourceNotFound, "Stream events under account 000000000000 not found.", null, Foreign)]
    [InlineData("AccessDeniedException", "User: arn:aws:sts::000000000000:assumed-role/r/s is not authorized to perform: kinesis:DescribeStreamSummary on "
        + "resource: arn:aws:kinesis:us-east-1:000000000000:stream/events because no identity-based policy allows it", "events", Foreign)]
    public async Task AnError_ThatTellsTheAccount_TellsWhatIsForeign(string code, string message, string? own, string foreign)
    {
        _kinesis.BeforeSummary = _ => throw Refused(code, message);

        Assert.Equal(foreign, await CanonicalAsync(Foreign));
        if (own is null)
            await Assert.ThrowsAsync<KinesisException>(() => CanonicalAsync(Arn));
        else
            Assert.Equal(own, await CanonicalAsync(Arn));
    }

    [Fact]
    public async Task OnceTheAccountIsKnown_NoArnNeedsACall()
    {
        await CanonicalAsync(Arn);
        _kinesis.BeforeSummary = _ => throw new InvalidOperationException("it was asked again");

        Assert.Equal("other", await CanonicalAsync(Arn.Replace("events", "other", StringComparison.Ordinal)));
        Assert.Equal(Foreign, await CanonicalAsync(Foreign));
        Assert.Equal(Elsewhere, await CanonicalAsync(Elsewhere));
        Assert.Equal("events", _names.Find("events"));
    }

    /// <summary>Its name is that of another account's stream, so it tells nothing of the process' own account.</summary>
    [Fact]
    public async Task AStreamWithARoleOfItsOwn_TellsNothingOfTheOthers()
    {
        var options = new KplOptions();
        options.ForStream("events", static s => s.RoleArn = "arn:aws:iam::999999999999:role/r");
        var names = new StreamNameResolver(options, _kinesis, _time);
        IsOf("999999999999");
        Assert.Equal("events", await names.CanonicalAsync(Foreign));

        IsOf("000000000000", "other");
        Assert.Equal("other", await names.CanonicalAsync(Arn.Replace("events", "other", StringComparison.Ordinal)));
    }

    /// <summary>What <c>UseAwsCredentials</c> sets is another delegate each time: the answer was kept for one and looked for under another.</summary>
    [Fact]
    public async Task AStreamWithCredentialsOfItsOwn_IsAskedForOnce()
    {
        var asked = 0;
        _kinesis.BeforeSummary = _ => ++asked > 1 ? throw new InvalidOperationException("it was asked again") : ValueTask.CompletedTask;
        var options = new KplOptions().ForStream("events", static s =>
        {
            var own = new KinesisCredentials("AKIA", "secret");
            s.Credentials = _ => ValueTask.FromResult(own);
        });
        var names = new StreamNameResolver(options.Snapshot(), _kinesis, _time);

        Assert.Equal("events", await CanonicalAsync(Arn, names));
        Assert.Equal("events", names.Find(Arn));
        Assert.Equal(1, asked);
    }

    /// <summary>They were accepted, and nothing said that no record is put under them: an ordered stream was not.</summary>
    [Fact]
    public async Task SettingsOfAnArn_ThatIsAStreamOfOnesOwn_AreToldOnce()
    {
        var options = new KplOptions();
        foreach (var arn in new[] { Arn, Foreign, Elsewhere })
            options.ForStream(arn, static s => s.Ordered = OrderedMode.PutRecords);
        var told = new List<(string, string)>();
        var names = new StreamNameResolver(options, _kinesis, _time) { SettingsUnused = (arn, name) => told.Add((arn, name)) };

        foreach (var arn in new[] { Arn, Arn, Foreign, Elsewhere, Arn.Replace("events", "other", StringComparison.Ordinal) })
            await CanonicalAsync(arn, names);

        Assert.Equal([(Arn, "events")], told);
    }

    [Fact]
    public async Task ACallerThatDoesNotWait_IsCancelled_AndTheQuestionGoesOn()
    {
        FailNext(Refused("ThrottlingException", "not now"));
        using var patience = new CancellationTokenSource();
        var waiting = _names.CanonicalAsync(Arn, patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        Assert.Equal("events", await CanonicalAsync(Arn));
        Assert.Equal("events", _names.Known(Arn));
    }

    private async Task<string> CanonicalAsync(string arn, StreamNameResolver? names = null)
    {
        var canonical = (names ?? _names).CanonicalAsync(arn).AsTask();
        await _time.PassUntilAsync(() => canonical.IsCompleted, TimeSpan.FromMilliseconds(100));
        return await canonical;
    }

    private static KinesisException Refused(string code, string message) => new(KinesisFailureKind.Refused, code, message);

    /// <summary>Kinesis tells of a stream of that account.</summary>
    private void IsOf(string account, string stream = "events") => _kinesis.Summary = () =>
        new($"arn:aws:kinesis:us-east-1:{account}:stream/{stream}", "ACTIVE", DateTimeOffset.UnixEpoch, 1024, false);

    private void FailNext(KinesisException failure) => _kinesis.BeforeSummary = _ =>
    {
        _kinesis.BeforeSummary = static _ => ValueTask.CompletedTask;
        throw failure;
    };
}
