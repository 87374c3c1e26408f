using Orleans.Kpl.Glue.Registry;

namespace Orleans.Kpl.Glue.Tests.Registry;

/// <remarks>Tests <see cref="VersionTable"/>, through the registry.</remarks>
public sealed class VersionTableTests : IDisposable
{
    private readonly FakeSchemas _glue = new();
    private readonly GlueOptions _options = new();
    private readonly PromptTime _time = new(TimeSpan.FromSeconds(3));
    private readonly GlueSchemaRegistry _registry;
    private readonly Guid _id;

    public VersionTableTests()
    {
        _registry = new GlueSchemaRegistry(_options, _glue, null, _time, static () => 1);
        _id = _glue.Add("orders", """{"type":"object"}""");
    }

    public void Dispose() => _registry.Dispose();

    /// <summary>Each reader of a shard made a call of its own.</summary>
    [Fact]
    public async Task Version_ThatFiftyReadersNeedAtOnce_IsOneCall()
    {
        var gate = Gate();
        List<Task<GlueSchemaVersion>> readers = [.. Enumerable.Range(0, 50).Select(_ => GetAsync())];
        gate.SetResult();
        Assert.All(await Task.WhenAll(readers), v => Assert.Equal(_id, v.Id));
        Assert.Equal(["GetSchemaVersion"], _glue.Calls);
    }

    [Fact]
    public async Task Version_IsGivenToTheOthers_WhereTheFirstReaderCancels()
    {
        var gate = Gate();
        using var stop = new CancellationTokenSource();
        var first = GetAsync(stop.Token);
        var second = GetAsync();
        await stop.CancelAsync();
        Assert.Equal(stop.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first)).CancellationToken);
        gate.SetResult();
        Assert.Equal(_id, (await second).Id);
    }

    /// <summary>A reader failed by the first throttling, where a producer tries again.</summary>
    [Fact]
    public async Task Version_IsReturned_AfterThrottling()
    {
        _glue.On("GetSchemaVersion", static calls =>
        {
            if (calls == 1)
                throw FakeSchemas.Refusal("ThrottlingException", "Rate exceeded");
        });
        Assert.Equal(_id, (await GetAsync()).Id);
        Assert.Equal(2, _glue.Calls.Count);
    }

    [Fact]
    public async Task Version_WhileGlueThrottles_IsNotReturned_InWordsForReaders_AndIsAskedForAnew()
    {
        Fail("ThrottlingException");
        var error = await Assert.ThrowsAsync<GlueSchemaException>(() => GetAsync());
        Assert.Equal(GlueErrorCodes.Timeout, error.Code);
        Assert.StartsWith($"schema version {_id} was not returned within 30 s; the last call was GetSchemaVersion", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Read the record again later", error.Message, StringComparison.Ordinal);

        _glue.Before = static _ => Task.CompletedTask;
        Assert.Equal(_id, (await GetAsync()).Id);
    }

    /// <summary>After a day an outage of Glue failed each record of a version that was known.</summary>
    [Theory]
    [InlineData("ThrottlingException")]
    [InlineData("AccessDeniedException")]
    public async Task Version_WhoseTimeIsOver_IsUsed_WhileGlueFails(string failure)
    {
        var known = await GetAsync();
        Fail(failure);
        _time.Advance(_options.CacheTimeToLive);
        for (var i = 0; i < 3; i++)
            Assert.Same(known, await GetAsync());
    }

    [Fact]
    public async Task Version_WhoseTimeIsOver_IsAskedForOnceASecond_WhileGlueRefuses()
    {
        await GetAsync();
        Fail("AccessDeniedException");
        _time.Advance(_options.CacheTimeToLive);
        for (var calls = 2; calls < 5; calls++)
        {
            for (var i = 0; i < 10; i++)
                await GetAsync();
            Assert.Equal(calls, _glue.Calls.Count);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Version_WhoseTimeIsOver_AndThatGlueHasNoMore_IsForgotten()
    {
        await GetAsync();
        _glue.Clear();
        _time.Advance(_options.CacheTimeToLive);
        await GetAsync();
        Assert.Equal("EntityNotFoundException", (await Assert.ThrowsAsync<GlueSchemaException>(() => GetAsync())).Code);
    }

    private TaskCompletionSource Gate()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _glue.Before = _ => gate.Task;
        return gate;
    }

    private void Fail(string code) => _glue.On("GetSchemaVersion", _ => throw FakeSchemas.Refusal(code));

    private Task<GlueSchemaVersion> GetAsync(CancellationToken cancellationToken = default) => _registry.GetVersionAsync(_id, cancellationToken).AsTask();
}
