using Orleans.Kpl.Pipeline.Names;

namespace Orleans.Kpl.Pipeline.Tests.Names;

/// <summary>Puts that stand in line while Kinesis does not tell whose stream an ARN names.</summary>
/// <remarks>Tests <see cref="NamedPuts"/> and <see cref="Idle.ClosingQueues"/>.</remarks>
public sealed class NamedPutsTests
{
    private const string Stream = PipelineHarness.Stream;
    private const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

    private readonly TaskCompletionSource _told = new();

    /// <summary>Their token, their AcceptTimeout and their time-to-live began behind the line: two seconds became thirty.</summary>
    [Theory]
    [InlineData(Arn)]
    [InlineData(Stream)]
    public async Task Puts_InLine_WaitNoLongerThanTheyMay(string stream)
    {
        await using var harness = NewHarness();
        var first = harness.Producer.PutAsync(Arn, PipelineHarness.Record(0)).AsTask();
        using var given = new CancellationTokenSource();
        var cancelled = harness.Producer.PutAsync(stream, PipelineHarness.Record(1), null, given.Token).AsTask();
        var timed = harness.Producer.EnqueueAsync(stream, PipelineHarness.Record(2), new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(1) }).AsTask();
        var shortLived = harness.Producer.PutAsync(stream, PipelineHarness.Records(2), new PutOptions { TimeToLive = TimeSpan.FromSeconds(2) }).AsTask();
        await given.CancelAsync();
        await harness.PassAsync(TimeSpan.FromSeconds(2) + TimeSpan.FromMilliseconds(50));

        Assert.True(cancelled is { IsCanceled: true } && timed.IsFaulted && shortLived.IsCompletedSuccessfully);
        Assert.Equal(given.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled)).CancellationToken);
        await Assert.ThrowsAsync<AcceptTimeoutException>(() => timed);
        Assert.All(await shortLived, static r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (r.Status, r.ErrorCode)));
        Assert.Equal(["key-0", "key-1"], (await shortLived).Select(static r => r.Record!.Value.PartitionKey));
        Assert.False(first.IsCompleted);

        _told.SetResult();
        Assert.True((await harness.DriveAsync(first)).IsSuccess);
        Assert.Equal(1, harness.Producer.GetLedger(Stream).Accepted);
    }

    /// <summary>The place of one who gives up is not free before its turn, or the next one would pass those before it.</summary>
    [Fact]
    public async Task APutThatGivesUp_KeepsTheOrderOfThoseBehindIt()
    {
        await using var harness = NewHarness();
        var first = harness.Producer.PutAsync(Arn, PipelineHarness.Record(0)).AsTask();
        using var given = new CancellationTokenSource();
        var cancelled = harness.Producer.PutAsync(Stream, PipelineHarness.Record(1), null, given.Token).AsTask();
        var behind = harness.Producer.PutAsync(Stream, PipelineHarness.Record(2)).AsTask();
        await given.CancelAsync();
        var last = harness.Producer.PutAsync(Stream, PipelineHarness.Record(3)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(5));

        Assert.True(cancelled.IsCanceled);
        Assert.Empty(harness.Kinesis.Records);
        _told.SetResult();
        await harness.DriveAsync(Task.WhenAll(first, behind, last));

        Assert.Equal(["key-0", "key-2", "key-3"], harness.Kinesis.Records.Select(static r => r.Key));
        // Nobody stands in line any more.
        Assert.True(harness.Producer.EnqueueAsync(Stream, PipelineHarness.Record(4)).IsCompleted);
    }

    /// <summary>A producer without the right lost all of them, and said that all was well.</summary>
    [Fact]
    public async Task Puts_ThatFailBecauseNobodyTellsWhoseTheArnIs_AreLoggedAndCounted()
    {
        await using var harness = NewHarness();
        harness.Kinesis.BeforeSummary = static _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);

        Assert.Equal("AccessDeniedException", (await harness.DriveAsync(harness.Producer.PutAsync(Arn, PipelineHarness.Record(0)).AsTask())).ErrorCode);
        await harness.DriveAsync(harness.Producer.PutAsync(Arn, PipelineHarness.Records(2)).AsTask());

        Assert.Equal(["arn untold AccessDeniedException", "arn untold AccessDeniedException"], harness.Events.Said);
        var told = harness.Producer.Health.Failures!;
        Assert.Equal((Arn, "AccessDeniedException", 3L, false), (Assert.Single(told.Streams), told.Code, told.Count, told.AreOfStrangers));
    }

    /// <summary>The time began anew once the name was known: a put by an ARN waited twice as long as it may.</summary>
    [Fact]
    public async Task APut_WhoseNameWasWaitedFor_WaitsForMemoryOnlyWhatIsLeft()
    {
        await using var harness = NewHarness(static o => o.MaxOutstandingRecords = 1);
        var away = new TaskCompletionSource();
        harness.Kinesis.BeforePut = (_, _) => new ValueTask(away.Task);
        var first = harness.Producer.PutAsync(Arn, PipelineHarness.Record(0)).AsTask();
        var timed = harness.Producer.EnqueueAsync(Arn, PipelineHarness.Record(1), new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(1) }).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(0.6));
        _told.SetResult();
        await harness.PassAsync(TimeSpan.FromSeconds(0.3));
        Assert.False(timed.IsCompleted);
        await harness.PassAsync(TimeSpan.FromSeconds(0.2));

        Assert.True(timed.IsCompleted);
        await Assert.ThrowsAsync<AcceptTimeoutException>(() => timed);
        away.SetResult();
        Assert.True((await harness.DriveAsync(first)).IsSuccess);
    }

    /// <summary>Its records had all of their time-to-live again once the name was known.</summary>
    [Fact]
    public async Task APut_WhoseNameWasWaitedFor_EndsWithItsTimeToLive()
    {
        await using var harness = NewHarness(static o => o.Ordered = OrderedMode.Off);
        harness.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "no");
        var putting = harness.Producer.PutAsync(Arn, PipelineHarness.Record(0), new PutOptions { TimeToLive = TimeSpan.FromSeconds(2) }).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(1.5));
        _told.SetResult();
        await harness.PassAsync(TimeSpan.FromSeconds(0.4));
        Assert.False(putting.IsCompleted);
        await harness.PassAsync(TimeSpan.FromSeconds(0.3));

        Assert.True(putting.IsCompleted);
        Assert.Equal(RecordErrorCodes.Expired, (await putting).ErrorCode);
    }

    /// <summary>One client that put by any account's ARN kept all others from the stream of that name, for as long as Kinesis was away.</summary>
    [Fact]
    public async Task Puts_WithoutOrder_DoNotStandBehindAnArnThatCannotBeTold()
    {
        await using var harness = NewHarness(static o => o.Ordered = OrderedMode.Off);
        var first = harness.Producer.PutAsync(Arn, PipelineHarness.Record(0)).AsTask();

        var byName = await harness.DriveAsync(harness.Producer.EnqueueAsync(Stream, PipelineHarness.Record(1)).AsTask());

        Assert.True((await harness.DriveAsync(byName.Delivery)).IsSuccess);
        Assert.False(first.IsCompleted);
        _told.SetResult();
        Assert.True((await harness.DriveAsync(first)).IsSuccess);
    }

    /// <summary>Each kept those behind it for four times the time-out of a request, one after the other. Nothing waits so long in a silo.</summary>
    [Fact]
    public async Task Puts_ByAnArnOfWhichNothingIsTold_KeepAnOrderedStreamForTwoSeconds_AllTogether()
    {
        var (time, options, kinesis) = (new FakeTimeProvider(), new KplOptions { Ordered = OrderedMode.PutRecords }, new FakeKinesis(1));
        kinesis.BeforeSummary = _ => new ValueTask(_told.Task);
        var named = new NamedPuts(new StreamNameResolver(options, kinesis, time), options, time);
        Task<string> first = PutAsync(Arn), second = PutAsync(Arn), byName = PutAsync(Stream);
        Assert.Null(named.FindNow(Stream));
        await PipelineHarness.PassAsync(time, TimeSpan.FromSeconds(1.9), stepMs: 50);
        Assert.False(first.IsCompleted || second.IsCompleted || byName.IsCompleted);

        await PipelineHarness.PassAsync(time, TimeSpan.FromSeconds(0.2), stepMs: 50);

        Assert.True(first.IsCompleted && second.IsCompleted && byName.IsCompleted);
        Assert.Equal([RecordErrorCodes.RequestTimeout, RecordErrorCodes.RequestTimeout, Stream], [await first, await second, await byName]);
        Assert.Equal(Stream, named.FindNow(Stream));
        // Once it is told, it goes there.
        _told.SetResult();
        Assert.Equal(Stream, await PutAsync(Arn).WaitAsync(Waiting.Long, TestContext.Current.CancellationToken));

        Task<string> PutAsync(string stream) => named.InTurnAsync(
            stream, static (name, _) => ValueTask.FromResult(name), static why => why.Code, null, CancellationToken.None).AsTask();
    }

    /// <summary>Programs that log what nobody observed told of a failure that no put had.</summary>
    [Fact]
    public async Task AnAnswer_ThatNobodyWaitsForAnyMore_FailsUnseen()
    {
        const string denied = "nobody waits for this any more";
        Assert.DoesNotContain(denied, await UnobservedFailures.OfAsync(() => GiveUpAsync(denied)));
    }

    /// <summary>They waited on for as long as records live, and each asked a gateway that was gone.</summary>
    [Theory]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.Off)]
    public async Task Puts_ThatWaitForTheNameOfAnArn_AreTurnedAwayWhenTheProducerIsDisposed(OrderedMode ordered)
    {
        await using var harness = NewHarness(o => o.Ordered = ordered);
        var asked = 0;
        harness.Kinesis.BeforeSummary = _ => ++asked > 0 ? new ValueTask(_told.Task) : default;
        Task[] waiting =
        [
            harness.Producer.PutAsync(Arn, PipelineHarness.Record(0)).AsTask(),
            harness.Producer.PutAsync(Arn, PipelineHarness.Records(2)).AsTask(),
            harness.Producer.EnqueueAsync(Arn, PipelineHarness.Record(3), new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(60) }).AsTask(),
        ];
        using var given = new CancellationTokenSource();
        var cancelled = harness.Producer.PutAsync(Arn, PipelineHarness.Record(4), null, given.Token).AsTask();
        await PipelineHarness.SettleAsync();
        // A caller's code may wait for the end of the producer.
        var gone = new TaskCompletionSource();
        var blocked = waiting[0].ContinueWith(_ => gone.Task.Wait(Waiting.Long), TaskContinuationOptions.ExecuteSynchronously);
        await given.CancelAsync();

        _ = harness.Producer.DisposeAsync();
        gone.SetResult();
        var late = harness.Producer.PutAsync(Arn + "2", PipelineHarness.Record(5)).AsTask();
        await PipelineHarness.SettleAsync();

        Assert.All([.. waiting, late], static put => Assert.True(put is { IsFaulted: true, Exception.InnerException: ObjectDisposedException }));
        Assert.True(cancelled.IsCanceled && await blocked);
        Assert.Equal((1, 0), (asked, harness.Kinesis.Records.Count));
        Assert.Empty(harness.Events.Said);
    }

    private async Task GiveUpAsync(string denied)
    {
        await using var harness = NewHarness(static o => o.Ordered = OrderedMode.Off);
        var putting = harness.Producer.PutAsync(Arn, PipelineHarness.Record(0), new PutOptions { TimeToLive = TimeSpan.FromSeconds(1) }).AsTask();
        Assert.Equal(RecordErrorCodes.Expired, (await harness.DriveAsync(putting)).ErrorCode);
        _told.SetException(new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", denied, 400));
        harness.Kinesis.BeforeSummary = _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", denied, 400);
        await harness.PassAsync(TimeSpan.FromSeconds(30));
    }

    private PipelineHarness NewHarness(Action<KplOptions>? configure = null)
    {
        var harness = new PipelineHarness(shards: 1, o =>
        {
            o.Ordered = OrderedMode.PutRecords;
            configure?.Invoke(o);
        });
        harness.Kinesis.BeforeSummary = _ => new ValueTask(_told.Task);
        return harness;
    }
}
