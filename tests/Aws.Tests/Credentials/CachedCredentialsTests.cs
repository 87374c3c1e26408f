using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Credentials;

public sealed class CachedCredentialsTests
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Usable = TimeSpan.FromMinutes(15);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Get_WhileFresh_AsksTheOriginOnce()
    {
        var origin = new Clients.KeysInTurn(Fresh, Usable, "A", "B");
        var cached = new CachedCredentials(origin, _time);

        var keys = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cached.GetAsync(default).AsTask()));

        Assert.All(keys, key => Assert.Same(keys[0], key));
        Assert.Equal(1, origin.Fetches);
    }

    /// <summary>The time until which they are good was beyond what a timestamp holds, and so over: they were fetched before each call.</summary>
    [Fact]
    public async Task Get_WhereTheyNeverExpire_AsksTheOriginOnce()
    {
        var asked = 0;
        var origin = new CodeOrigin(
            _ => new(new KinesisCredentials($"ID{++asked}", "secret", null, DateTimeOffset.MaxValue)), new ServerClock(TimeProvider.System));
        var cached = new CachedCredentials(origin, TimeProvider.System);
        Assert.Same(await cached.GetAsync(default), await cached.GetAsync(default));
        Assert.Equal(1, asked);
    }

    /// <summary>A delegate of the program that blocked its thread was never asked again.</summary>
    [Fact]
    public async Task Get_WhereTheOriginBlocks_AsksAgainAfterAMinute()
    {
        using var blocks = new ManualResetEventSlim();
        using var isAsked = new SemaphoreSlim(0);
        var asked = 0;
        var origin = new CodeOrigin(
            _ =>
            {
                isAsked.Release();
                if (Interlocked.Increment(ref asked) == 1)
                    blocks.Wait(Waiting.Long, CancellationToken.None);
                return new(new KinesisCredentials($"ID{asked}", "secret"));
            },
            new ServerClock(_time));
        var cached = new CachedCredentials(origin, _time);
        var first = cached.GetAsync(default).AsTask();
        Assert.True(await isAsked.WaitAsync(Waiting.Long));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(RecordErrorCodes.CredentialsUnavailable, (await Assert.ThrowsAsync<KinesisException>(() => first)).Code);

        Assert.Equal("ID2", (await cached.GetAsync(default)).AccessKeyId);
        blocks.Set();
    }

    /// <summary>A silo has few threads in its pool, and the SDK blocked one for as long as instance metadata did not answer.</summary>
    [Fact]
    public async Task Get_AsksTheOriginOutsideThePool()
    {
        var isInPool = true;
        var origin = new CodeOrigin(
            _ =>
            {
                isInPool = Thread.CurrentThread.IsThreadPoolThread;
                return new(new KinesisCredentials("ID", "secret"));
            },
            new ServerClock(_time));

        await new CachedCredentials(origin, _time).GetAsync(default);

        Assert.False(isInPool);
    }

    [Fact]
    public async Task Get_WhenNoLongerFresh_GivesTheOldOnesWhileTheNewOnesCome()
    {
        var origin = new HeldOrigin();
        var cached = new CachedCredentials(origin, _time);
        origin.Give("A");
        Assert.Equal("A", (await cached.GetAsync(default)).AccessKeyId);
        _time.Advance(Fresh);

        Assert.Equal("A", (await cached.GetAsync(default)).AccessKeyId);
        origin.Give("B");

        await WaitForAsync(cached, "B");
        Assert.Equal(2, origin.Fetches);
    }

    [Fact]
    public async Task Get_WhenNoLongerUsable_WaitsForNewOnes()
    {
        var origin = new Clients.KeysInTurn(Fresh, Usable, "A", "B");
        var cached = new CachedCredentials(origin, _time);
        await cached.GetAsync(default);
        _time.Advance(Usable);

        Assert.Equal("B", (await cached.GetAsync(default)).AccessKeyId);
    }

    [Fact]
    public async Task Get_WhenARefreshFails_GoesOnWithTheOldOnesAndTriesAgainLater()
    {
        // However far the clock is moved on while the failed fetch still ends, the old ones may be handed out.
        var origin = new HeldOrigin { UsableFor = TimeSpan.MaxValue };
        var cached = new CachedCredentials(origin, _time);
        origin.Give("A");
        await cached.GetAsync(default);
        _time.Advance(Fresh);
        var failed = origin.Fail();
        Assert.Equal("A", (await cached.GetAsync(default)).AccessKeyId);
        await failed;

        await WaitForAsync(cached, "B", () =>
        {
            // A fetch that the clock ends while it takes its answer takes the answer with it.
            origin.Give("B");
            _time.Advance(FetchedCredentials.PollDelay);
        });
    }

    [Fact]
    public async Task Get_WhenTheOriginHasNone_WasNotSent()
    {
        var origin = new HeldOrigin();
        var cached = new CachedCredentials(origin, _time);
        _ = origin.Fail();

        var error = await Assert.ThrowsAsync<KinesisException>(() => cached.GetAsync(default).AsTask());

        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.CredentialsUnavailable), (error.Kind, error.Code));
        Assert.Equal("No credentials from held: gone", error.Message);
        origin.Give("A");
        Assert.Equal("A", (await cached.GetAsync(default)).AccessKeyId);
    }

    [Fact]
    public async Task Get_WhenOneCallerCancels_TheOthersStillGetTheirs()
    {
        var origin = new HeldOrigin();
        var cached = new CachedCredentials(origin, _time);
        using var impatient = new CancellationTokenSource();
        var first = cached.GetAsync(impatient.Token).AsTask();
        var second = cached.GetAsync(default).AsTask();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        origin.Give("A");

        Assert.Equal("A", (await second).AccessKeyId);
        Assert.Equal(1, origin.Fetches);
    }

    [Fact]
    public async Task Refuse_WhenManyCallsWereRefused_AsksOnce()
    {
        var origin = new Clients.KeysInTurn(Fresh, Usable, "A", "B", "C");
        var cached = new CachedCredentials(origin, _time);
        var old = await cached.GetAsync(default);

        for (var i = 0; i < 5; i++)
        {
            cached.Refuse(old);
            Assert.Equal("B", (await cached.GetAsync(default)).AccessKeyId);
        }

        Assert.Equal(2, origin.Fetches);
    }

    [Fact]
    public async Task Refuse_WhenTheOriginHasNothingElse_DoesNotAskForEveryCall()
    {
        var origin = new Clients.KeysInTurn(Fresh, Usable, "A");
        var cached = new CachedCredentials(origin, _time);

        for (var i = 0; i < 5; i++)
            cached.Refuse(await cached.GetAsync(default));
        await cached.GetAsync(default);

        Assert.Equal(2, origin.Fetches);
        _time.Advance(FetchedCredentials.PollDelay);
        cached.Refuse(await cached.GetAsync(default));
        await cached.GetAsync(default);
        Assert.Equal(3, origin.Fetches);
    }

    /// <summary>The refresh forgot the refusal, and the call failed though the origin had others.</summary>
    [Fact]
    public async Task Refuse_DuringARefreshThatBringsTheSame_AsksOnceMore()
    {
        var origin = new HeldOrigin();
        var cached = new CachedCredentials(origin, _time);
        origin.Give("A");
        await cached.GetAsync(default);
        _time.Advance(Fresh);
        var old = await cached.GetAsync(default);
        await Waiting.UntilAsync(() => origin.Fetches == 2);

        var replaced = cached.ReplaceAsync(old, default).AsTask();
        origin.Give("A");
        origin.Give("B");

        Assert.Equal("B", (await replaced)?.AccessKeyId);
    }

    [Fact]
    public async Task Get_WhenARefreshBringsTheSameKeys_KeepsTheSigningKeyDerivedFromThem()
    {
        var cached = new CachedCredentials(new Clients.KeysInTurn(Fresh, Usable, "A"), _time);
        var before = await cached.GetAsync(default);
        _time.Advance(Usable);

        Assert.Same(before, await cached.GetAsync(default));
    }

    private static Task WaitForAsync(CachedCredentials cached, string id, Action? between = null) => Waiting.UntilAsync(async () =>
    {
        between?.Invoke();
        return (await cached.GetAsync(default)).AccessKeyId == id;
    });

    /// <summary>Answers when the test says so.</summary>
    private sealed class HeldOrigin : ICredentialOrigin
    {
        private readonly System.Threading.Channels.Channel<(string? Id, TaskCompletionSource Taken)> _answers =
            System.Threading.Channels.Channel.CreateUnbounded<(string? Id, TaskCompletionSource Taken)>();

        private int _fetches;

        public TimeSpan UsableFor { get; init; } = Usable;

        public int Fetches => Volatile.Read(ref _fetches);

        public string Description => "held";

        public void Give(string id) => Answer(id);

        public Task Fail() => Answer(null);

        public async Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _fetches);
            var (id, taken) = await _answers.Reader.ReadAsync(cancellationToken);
            taken.SetResult();
            return id is null
                ? throw new InvalidOperationException("gone")
                : new FetchedCredentials(new SigningCredentials(id, "secret", null), Fresh, UsableFor);
        }

        private Task Answer(string? id)
        {
            var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Assert.True(_answers.Writer.TryWrite((id, taken)));
            return taken.Task;
        }
    }
}
