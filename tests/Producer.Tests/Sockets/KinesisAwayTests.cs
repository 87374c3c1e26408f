namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>
/// What README says to who awaits a put in a web request: while Kinesis is away it takes <c>RecordTtl</c>, 30 s, unless the put has a time of its own, and
/// a token ends it until it is accepted.
/// </summary>
public sealed class KinesisAwayTests : IDisposable
{
    private const string Stream = "events";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new();
    private readonly DeadEndpoint _kinesis = new();

    private TimeSpan Passed => _time.GetUtcNow() - FakeTimeProvider.Start;

    public void Dispose() => _kinesis.Dispose();

    [Fact]
    public async Task Put_EndsWithItsOwnTimeToLive_AndOthersAfterThirtySeconds()
    {
        await using var producer = Create();
        var usual = await producer.EnqueueAsync(Stream, LocalKinesis.Record(1), cancellationToken: TestContext.Current.CancellationToken);
        var brief = await producer.EnqueueAsync(
            Stream, LocalKinesis.Record(2), new PutOptions { TimeToLive = TimeSpan.FromSeconds(2) }, TestContext.Current.CancellationToken);

        Assert.Equal(RecordErrorCodes.Expired, (await EndAsync(brief.Delivery, TimeSpan.FromSeconds(20))).ErrorCode);
        Assert.True(Passed >= TimeSpan.FromSeconds(2), $"{Passed}");
        Assert.False(usual.Delivery.IsCompleted);

        Assert.Equal(RecordErrorCodes.Expired, (await EndAsync(usual.Delivery, TimeSpan.FromSeconds(60))).ErrorCode);
        Assert.True(Passed >= TimeSpan.FromSeconds(30), $"{Passed}");
    }

    [Fact]
    public async Task Token_EndsAPutThatWaitsForMemory_AndNoneThatIsAccepted()
    {
        await using var producer = Create(static o => (o.MaxOutstandingRecords, o.DrainTimeout) = (1, TimeSpan.Zero));
        using var stop = new CancellationTokenSource();
        var accepted = await producer.EnqueueAsync(Stream, LocalKinesis.Record(1), cancellationToken: stop.Token);
        var waiting = producer.PutAsync(Stream, LocalKinesis.Record(2), cancellationToken: stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Waiting.Long));
        Assert.False(accepted.Delivery.IsCompleted);
        Assert.Equal((1, 1), (producer.GetLedger(Stream).Accepted, producer.GetLedger(Stream).InFlight));
    }

    private KplProducer Create(Action<KplOptions>? configure = null)
    {
        var options = new KplOptions { Kinesis = { EndpointUrl = _kinesis.Url, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" } };
        configure?.Invoke(options);
        return KplProducer.Create(options, timeProvider: _time);
    }

    /// <summary>Lets time pass until a record has ended, and not beyond an instant: the system's own part takes as long as it takes.</summary>
    private async Task<RecordResult> EndAsync(Task<RecordResult> delivery, TimeSpan most)
    {
        await Waiting.UntilAsync(() =>
        {
            if (!delivery.IsCompleted && Passed < most)
                _time.Advance(Step);
            return delivery.IsCompleted;
        });
        return await delivery;
    }
}
