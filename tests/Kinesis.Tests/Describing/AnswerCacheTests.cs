using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Kinesis.Tests.Describing;

/// <summary>Many clients ask, Kinesis is asked once.</summary>
public sealed class AnswerCacheTests
{
    private readonly FakeTimeProvider _time = new();
    private int _asked;
    private readonly AnswerCache<int> _cache;

    public AnswerCacheTests() => _cache = new AnswerCache<int>(_time);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_ByManyAtOnce_AsksOnce()
    {
        var answer = new TaskCompletionSource<int>();
        var all = Enumerable.Range(0, 50).Select(_ => _cache.GetAsync("q", () => Count(answer.Task), Admit, None)).ToArray();
        answer.SetResult(7);

        Assert.All(await Task.WhenAll(all), a => Assert.Equal(7, a));
        Assert.Equal(1, _asked);
    }

    /// <summary>Each took a call from its client's budget for the one that was made, and a client was refused for calls that were none.</summary>
    [Fact]
    public void Get_ByTwoInTheSameMoment_TakesOneCallFromTheBudget()
    {
        using ManualResetEventSlim isAsked = new(), goOn = new();
        var calls = 0;
        void Admitted()
        {
            Interlocked.Increment(ref calls);
            isAsked.Set();
            goOn.Wait(None);
        }

        var askers = Enumerable.Range(0, 2).Select(_ => new Thread(() => _cache.GetAsync("q", Next, Admitted, None))).ToArray();
        askers[0].Start();
        isAsked.Wait(None);
        askers[1].Start();
        SpinWait.SpinUntil(() => askers[1].ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        goOn.Set();
        Assert.All(askers, static a => a.Join());
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Get_WithinFiveSeconds_IsTheFormerAnswer_ThenANewOne()
    {
        Assert.Equal(1, await _cache.GetAsync("q", Next, Admit, None));
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(1, await _cache.GetAsync("q", Next, Admit, None));
        Assert.Equal(2, await _cache.GetAsync("other", Next, Admit, None));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(3, await _cache.GetAsync("q", Next, Admit, None));
    }

    /// <summary>Many pages of a list take so long: nothing of it was ever kept.</summary>
    [Fact]
    public async Task Get_OfAnAnswerThatTookLong_IsKeptFromThenOn()
    {
        var answer = new TaskCompletionSource<int>();
        var first = _cache.GetAsync("q", () => Count(answer.Task), Admit, None);
        await Waiting.UntilAsync(() => Volatile.Read(ref _asked) == 1);
        _time.Advance(TimeSpan.FromSeconds(6));
        answer.SetResult(7);
        Assert.Equal(7, await first);

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(7, await _cache.GetAsync("q", Next, Admit, None));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(2, await _cache.GetAsync("q", Next, Admit, None));
    }

    /// <summary>A fault of Kinesis for one question was the answer to all for five seconds: an SDK has made all its tries by then.</summary>
    [Theory]
    [InlineData(KinesisFailureKind.Refused, "ResourceNotFoundException", 400, 1)]
    [InlineData(KinesisFailureKind.Refused, "LimitExceededException", 400, 3)]
    [InlineData(KinesisFailureKind.Refused, "ThrottlingException", 400, 3)]
    [InlineData(KinesisFailureKind.Refused, "InternalFailure", 500, 3)]
    [InlineData(KinesisFailureKind.NotSent, "ConnectionFailed", 0, 3)]
    public async Task Get_AfterARefusal_IsRefusedAgainWithoutACall_ButWhatMayPassIsTriedAgain(object kind, string code, int status, int asked)
    {
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<KinesisException>(() => _cache.GetAsync("no", () => Fail((KinesisFailureKind)kind, code, status), Admit, None));
        Assert.Equal(asked, _asked);
    }

    [Fact]
    public async Task Get_WhenTheFirstWhoAskedGivesUp_StillAnswersTheOthers()
    {
        var answer = new TaskCompletionSource<int>();
        using var gone = new CancellationTokenSource();
        var first = _cache.GetAsync("q", () => Count(answer.Task), Admit, gone.Token);
        var second = _cache.GetAsync("q", () => Count(answer.Task), Admit, None);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult(7);

        Assert.Equal(7, await second);
        Assert.Equal(1, _asked);
    }

    /// <summary>All clients had hung up when Kinesis refused the question: it left a failure that nobody observed.</summary>
    [Fact]
    public async Task Get_OfWhatFailsOnceAllHaveGone_LeavesNoFailureUnobserved()
    {
        const string late = "nobody waits for this any more";

        Assert.DoesNotContain(late, await UnobservedFailures.OfAsync(HangUpAsync));

        async Task HangUpAsync()
        {
            var cache = new AnswerCache<int>(_time);
            var answer = new TaskCompletionSource<int>();
            using var gone = new CancellationTokenSource();
            var asking = cache.GetAsync("q", () => Count(answer.Task), Admit, gone.Token);
            await Waiting.UntilAsync(() => Volatile.Read(ref _asked) == 1);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
            answer.SetException(new TimeoutException(late));
        }
    }

    /// <summary>Many made-up questions leave nothing behind, and what may not be asked is not remembered as an answer.</summary>
    [Fact]
    public async Task Get_OfWhatMayNotBeAsked_Throws_AndTheNextWhoMayIsAnswered()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => _cache.GetAsync("q", Next, static () => throw new TimeoutException(), None));
        Assert.Equal(0, _asked);
        Assert.Equal(1, await _cache.GetAsync("q", Next, Admit, None));
        Assert.Equal(1, await _cache.GetAsync("q", Next, static () => throw new TimeoutException(), None)); // it is there
    }

    [Fact]
    public async Task Get_OfANewQuestion_ForgetsOldAnswers()
    {
        for (var i = 0; i < 30; i++)
            await _cache.GetAsync($"{i}", Next, Admit, None);
        _time.Advance(AnswerCache<int>.KeptFor);
        await _cache.GetAsync("q", Next, Admit, None);
        Assert.Equal(1, _cache.Count);
    }

    private void Admit()
    {
    }

    private Task<int> Next() => Task.FromResult(Interlocked.Increment(ref _asked));

    private Task<int> Count(Task<int> answer)
    {
        Interlocked.Increment(ref _asked);
        return answer;
    }

    private async Task<int> Fail(KinesisFailureKind kind, string code, int status)
    {
        Interlocked.Increment(ref _asked);
        await Task.Yield();
        throw new KinesisException(kind, code, "no", status);
    }
}
