using Orleans.Kpl.Glue.Registry;

namespace Orleans.Kpl.Glue.Tests.Registry;

/// <remarks>Tests <see cref="SchemaCache"/>.</remarks>
public sealed class SchemaCacheTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly GlueOptions _options = new();
    private readonly SchemaCache _cache;
    private Func<SchemaKey, Task<Guid>> _find = static _ => Task.FromResult(Guid.NewGuid());
    private int _lookUps;

    public SchemaCacheTests() => _cache = new SchemaCache(
        (key, _, token) =>
        {
            Interlocked.Increment(ref _lookUps);
            return _find(key).WaitAsync(token);
        },
        _options, _time);

    public void Dispose() => _cache.Dispose();

    [Fact]
    public async Task Get_OfAKnownSchema_WaitsForNoOther()
    {
        var known = await GetAsync("known");
        _find = static _ => new TaskCompletionSource<Guid>().Task;
        var unknown = GetAsync("unknown");
        Assert.Equal(known, await GetAsync("known"));
        Assert.False(unknown.IsCompleted);
    }

    [Fact]
    public async Task Get_BeyondTheBytesThatMayWait_FailsAtOnce_AndTheOthersGoOn()
    {
        _options.MaxWaitingBytes = 1_000;
        var answer = new TaskCompletionSource<Guid>(TaskCreationOptions.RunContinuationsAsynchronously);
        _find = _ => answer.Task;
        Task<Guid>[] waiting = [GetAsync("new"), GetAsync("new"), GetAsync("other")];
        var error = await Assert.ThrowsAsync<GlueSchemaException>(() => GetAsync("new"));
        Assert.Equal(GlueErrorCodes.TooManyWaiting, error.Code);
        answer.SetResult(Guid.NewGuid());
        await Task.WhenAll(waiting);
        await GetAsync("new");
        Assert.Equal(0, _cache.WaitingBytes);
    }

    /// <summary>The inner exception was the same one over again: a log told everything twice.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Get_ThatFails_HasTheCauseAsItsInnerException_AndNotItself(bool hasCause)
    {
        var cause = hasCause ? new HttpRequestException("no route") : null;
        _find = _ => Task.FromException<Guid>(new GlueSchemaException(GlueErrorCodes.Timeout, "away", cause));

        foreach (var error in (GlueSchemaException[])[await FailAsync(), await FailAsync()])
            Assert.Equal((GlueErrorCodes.Timeout, "away", cause), (error.Code, error.Message, error.InnerException));
        Assert.Equal(1, _lookUps);

        Task<GlueSchemaException> FailAsync() => Assert.ThrowsAsync<GlueSchemaException>(() => GetAsync("a"));
    }

    [Fact]
    public async Task Get_AfterItsTimeToLive_HasTheKnownIdUntilTheNewAnswer()
    {
        var first = await GetAsync("a");
        _time.Advance(_options.CacheTimeToLive);
        var (asked, answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource<Guid>());
        _find = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        Assert.Equal(first, await GetAsync("a"));
        await asked.Task;
        Assert.Equal(first, await GetAsync("a"));
        var second = Guid.NewGuid();
        answer.SetResult(second);
        await Waiting.UntilAsync(async () => await GetAsync("a") == second);
        Assert.Equal(2, _lookUps);
    }

    [Fact]
    public async Task Get_WhereTheRegistryIsAwayWhenTheTimeToLiveIsOver_GoesOnWithTheKnownId()
    {
        var first = await GetAsync("a");
        _time.Advance(_options.CacheTimeToLive);
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _find = _ =>
        {
            failed.TrySetResult();
            throw new GlueSchemaException(GlueErrorCodes.Timeout, "away");
        };
        Assert.Equal(first, await GetAsync("a"));
        await failed.Task;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(first, await GetAsync("a"));
    }

    [Fact]
    public async Task Get_WhereTheRegistryHasTheSchemaNoMore_Fails()
    {
        await GetAsync("a");
        _time.Advance(_options.CacheTimeToLive);
        _find = static _ => throw new GlueSchemaException(GlueErrorCodes.NotRegistered, "gone");
        await GetAsync("a");
        await Waiting.UntilAsync(async () => await Record.ExceptionAsync(() => GetAsync("a")) is GlueSchemaException { Code: GlueErrorCodes.NotRegistered });
    }

    [Fact]
    public async Task Get_AfterAFailure_AsksOnceASecond()
    {
        _find = static _ => throw new GlueSchemaException(GlueErrorCodes.Incompatible, "refused");
        for (var i = 0; i < 5; i++)
            Assert.Equal(GlueErrorCodes.Incompatible, (await Assert.ThrowsAsync<GlueSchemaException>(() => GetAsync("a"))).Code);
        Assert.Equal(1, _lookUps);
        _time.Advance(SchemaCache.FailureTime);
        _find = static _ => Task.FromResult(Guid.NewGuid());
        Assert.NotEqual(Guid.Empty, await GetAsync("a"));
        Assert.Equal(2, _lookUps);
    }

    [Fact]
    public async Task Get_OfMoreSchemasThanItKeeps_ForgetsWhatWasUnusedForLongest()
    {
        _options.CacheSize = 2;
        foreach (var name in (string[])["a", "b", "a", "c"])
        {
            await GetAsync(name);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await GetAsync("a");
        Assert.Equal(3, _lookUps);
        await GetAsync("b");
        Assert.Equal(4, _lookUps);
    }

    [Fact]
    public async Task Get_ThatIsCancelled_EndsAlone()
    {
        var answer = new TaskCompletionSource<Guid>(TaskCreationOptions.RunContinuationsAsynchronously);
        _find = _ => answer.Task;
        using var stop = new CancellationTokenSource();
        var other = GetAsync("a");
        var cancelled = GetAsync("a", stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        answer.SetResult(Guid.NewGuid());
        await other;
    }

    [Fact]
    public async Task Dispose_EndsThoseWhoWait()
    {
        _find = static _ => new TaskCompletionSource<Guid>().Task;
        var waiting = GetAsync("a");
        _cache.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => GetAsync("a"));
    }

    private Task<Guid> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _cache.GetAsync(new SchemaKey(new GlueSchema("{}", GlueDataFormat.Json), name), "events", 1, 100, cancellationToken).AsTask();
}
