using System.Text;
using NJsonSchema;
using Orleans.Kpl.Glue.Tests.Registry;

namespace Orleans.Kpl.Glue.Tests.Producing;

/// <remarks>Tests <see cref="KplGlueExtensions"/> and the view that it makes.</remarks>
public sealed class SchemaProducerTests : IAsyncDisposable
{
    private static readonly GlueSchema Orders = new("""{"type":"object"}""", GlueDataFormat.Json, "orders");

    private readonly FakeSchemas _glue = new();
    private readonly FakeKplProducer _inner = new();
    private readonly GlueOptions _options = new() { AutoRegistration = true };
    private readonly PromptTime _time = new(TimeSpan.FromSeconds(3));
    private readonly Lazy<GlueSchemaRegistry> _registry;

    public SchemaProducerTests() =>
        _registry = new(() => new GlueSchemaRegistry(_options, _glue, null, _time, static () => 1));

    public async ValueTask DisposeAsync()
    {
        if (_registry.IsValueCreated)
            _registry.Value.Dispose();
        await _inner.DisposeAsync();
    }

    [Fact]
    public async Task Put_ByTenThousandCallers_OfOneNewSchema_CreatesItOnce()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _glue.Before = operation => operation == "CreateSchema" ? gate.Task : Task.CompletedTask;
        var producer = _inner.WithSchema(Orders, _registry.Value);
        List<Task<RecordResult>> puts =
            [.. Enumerable.Range(0, 10_000).Select(i => producer.PutAsync("events", UserRecord.FromText($"key-{i}", $"{i}")).AsTask())];
        Assert.Empty(_inner.Records);
        gate.SetResult();
        Assert.All(await Task.WhenAll(puts), static r => Assert.True(r.IsSuccess));

        Assert.Equal((1, 1, 1), (_glue.CountOf("CreateSchema"), _glue.CountOf("GetSchemaByDefinition"), _glue.CountOf("PutSchemaVersionMetadata")));
        Assert.Equal(10_000, _inner.Records.Count);
        Assert.All(_inner.Records, static r => Assert.Equal(r.PartitionKey, "key-" + TextIn(r.Data)));
    }

    [Theory]
    [InlineData(GlueCompression.None)]
    [InlineData(GlueCompression.Zlib)]
    public async Task Batch_IsFramed_WithKeysAndHashKeysAsTheyAre(GlueCompression compression)
    {
        _options.Compression = compression;
        UserRecord[] records = [.. Enumerable.Range(0, 100).Select(i => new UserRecord($"key-{i}", Encoding.UTF8.GetBytes($"{i}"), (UInt128)i))];
        var results = await _inner.WithSchema(Orders, _registry.Value).PutAsync("events", records);
        Assert.Equal(100, results.Length);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => ($"key-{i}", (UInt128?)i, $"{i}")),
            _inner.Records.Select(static r => (r.PartitionKey, r.ExplicitHashKey, TextIn(r.Data))));
        var isCompressed = compression == GlueCompression.Zlib;
        Assert.All(_inner.Records, r => Assert.True(GlueSchemaRegistry.TryRead(r.Data, out var frame) && frame.IsCompressed == isCompressed));
    }

    [Fact]
    public async Task Batch_WithDataThatTheHookRefuses_FailsThoseRecordsAlone_AtTheirPositions()
    {
        _options.Validate = static (_, data) => data.Span[0] == '!' ? "it begins with '!'" : null;
        var producer = _inner.WithSchema(Orders, _registry.Value);
        UserRecord[] records = [.. ((string[])["!1", "2", "3", "!4", "5", "!6"]).Select(static t => UserRecord.FromText(t, t))];

        foreach (var results in (RecordResult[][])[await producer.PutAsync("events", records), [.. await DeliverAsync()]])
        {
            Assert.Equal([false, true, true, false, true, false], results.Select(static r => r.IsSuccess));
            Assert.Equal((GlueErrorCodes.InvalidData, "!4"), (results[3].ErrorCode, Encoding.UTF8.GetString(results[3].Record!.Value.Data.Span)));
            Assert.Contains("orders (JSON): it begins with '!'", results[0].ErrorMessage, StringComparison.Ordinal);
        }

        Assert.Equal(["2", "3", "5", "2", "3", "5"], _inner.Records.Select(static r => TextIn(r.Data)));
        var error = await Assert.ThrowsAsync<RecordValidationException>(() => producer.PutAsync("events", records[0]).AsTask());
        Assert.Equal(GlueErrorCodes.InvalidData, error.Code);

        async Task<IReadOnlyList<RecordResult>> DeliverAsync()
        {
            var batch = await producer.EnqueueAsync("events", records);
            Assert.Equal(6, batch.Count);
            return await batch.Delivery;
        }
    }

    /// <summary>It threw, and hid the exception that the caller's scope was left for.</summary>
    [Fact]
    public async Task Batch_WithRefusedRecords_ThatIsDisposedUnderWay_ThrowsNothing_AndEndsAsIfItWereNot()
    {
        _options.Validate = static (_, data) => data.Span[0] == '!' ? "it begins with '!'" : null;
        _inner.Hold();
        var batch = await _inner.WithSchema(Orders, _registry.Value).EnqueueAsync(
            "events", new[] { UserRecord.FromText("k", "!1"), UserRecord.FromText("k", "2") }, cancellationToken: TestContext.Current.CancellationToken);

        batch.Dispose();
        _inner.Release();

        var results = await batch.Delivery.WaitAsync(Waiting.Long);
        Assert.Equal([false, true], results.Select(static r => r.IsSuccess));
        batch.Dispose();
    }

    [Fact]
    public async Task FailedRecord_PutAgainThroughTheView_HasOneHeader()
    {
        var producer = _inner.WithSchema(Orders, _registry.Value);
        _inner.AnswerNext(FakeAnswer.Failed("x"), 2);
        var failed = await producer.PutAsync("events", UserRecord.FromText("k", "data"));
        var framed = failed.Record!.Value;
        await producer.PutAsync("events", framed);
        await producer.PutAsync("events", new[] { framed, UserRecord.FromText("k", "more") });
        Assert.Equal(["data", "data", "data", "more"], _inner.Records.Select(static r => TextIn(r.Data)));
    }

    [Fact]
    public async Task Put_WithoutAVersion_Throws_AndNothingIsAccepted()
    {
        _options.AutoRegistration = false;
        var producer = _inner.WithSchema(Orders, _registry.Value);
        Assert.Equal(GlueErrorCodes.NotRegistered,
            (await Assert.ThrowsAsync<GlueSchemaException>(() => producer.EnqueueAsync("events", UserRecord.FromText("k", "1")).AsTask())).Code);
        await Assert.ThrowsAsync<GlueSchemaException>(() => producer.PutAsync("events", [UserRecord.FromText("k", "1")]).AsTask());
        Assert.Empty(_inner.Records);
    }

    [Theory]
    [InlineData("events", null, null, "events")]
    [InlineData("arn:aws:kinesis:eu-west-1:123456789012:stream/events", null, null, "events")]
    [InlineData("events", null, "of-settings", "of-settings")]
    [InlineData("events", "own", "of-settings", "own")]
    public async Task Schema_IsNamedBySchemaSettingsOrStream(string stream, string? own, string? ofSettings, string expected)
    {
        _options.SchemaName = ofSettings;
        await _inner.WithSchema(new GlueSchema("{}", GlueDataFormat.Avro, own), _registry.Value).PutAsync(stream, UserRecord.FromText("k", "1"));
        Assert.Equal((expected, "AVRO"), (_glue.Creation!.Name, _glue.Creation.DataFormat));
        Assert.Equal("events", Assert.Single(_glue.Notes).Value);
    }

    [Fact]
    public async Task Dispose_OfTheView_EndsTheViewAlone()
    {
        var producer = _inner.WithSchema(Orders, _registry.Value);
        await producer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.PutAsync("events", UserRecord.FromText("k", "1")).AsTask());
        Assert.True((await _inner.PutAsync("events", UserRecord.FromText("k", "1"))).IsSuccess);
    }

    [Fact]
    public async Task View_TellsWhatTheProducerTells()
    {
        var producer = _inner.WithSchema(Orders, _registry.Value);
        _inner.Hold();
        var failures = 0;
        producer.RecordFailed += _ => failures++;
        _inner.AnswerNext(FakeAnswer.Failed("x"));
        var enqueued = await producer.EnqueueAsync("events", UserRecord.FromText("k", "1"));
        Assert.Equal((1, _inner.OutstandingBytes), (producer.OutstandingRecords, producer.OutstandingBytes));
        _inner.Release();
        await enqueued.Delivery;
        await producer.FlushAsync();
        Assert.Equal((1, 1L, 1), (failures, producer.GetLedger("events").Failed, _inner.Flushes.Count));
    }

    [Fact]
    public async Task Version_ThatAFrameNames_IsDescribed_AndAskedForOnce()
    {
        var id = _glue.Add("orders", Orders.Definition);
        for (var i = 0; i < 2; i++)
        {
            var version = await _registry.Value.GetVersionAsync(id);
            Assert.Equal(
                (id, "orders", "JSON", Orders.Definition, 1L), (version.Id, version.SchemaName, version.DataFormat, version.Definition, version.Number));
        }

        Assert.Equal(["GetSchemaVersion"], _glue.Calls);
        Assert.Equal("EntityNotFoundException",
            (await Assert.ThrowsAsync<GlueSchemaException>(() => _registry.Value.GetVersionAsync(Guid.NewGuid()).AsTask())).Code);
    }

    [Fact]
    public async Task Version_IsAskedForAgain_WhenAnotherTookItsPlace_OrItsTimeIsOver()
    {
        _options.CacheSize = 1;
        Guid[] ids = [_glue.Add("orders", Orders.Definition), _glue.Add("bills", Orders.Definition)];
        foreach (var id in (Guid[])[ids[0], ids[1], ids[1], ids[0]])
            Assert.Equal(id, (await _registry.Value.GetVersionAsync(id)).Id);
        Assert.Equal(3, _glue.Calls.Count);
        _time.Advance(_options.CacheTimeToLive);
        await _registry.Value.GetVersionAsync(ids[0]);
        Assert.Equal(4, _glue.Calls.Count);
    }

    /// <summary>A call under way went on for the whole of its time limit, and who asked later was told of a connection.</summary>
    [Fact]
    public async Task Version_WhenTheRegistryIsDisposed_IsNotWaitedFor()
    {
        _glue.Before = static _ => new TaskCompletionSource().Task;
        var waiting = _registry.Value.GetVersionAsync(Guid.NewGuid()).AsTask();
        _registry.Value.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Waiting.Long));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _registry.Value.GetVersionAsync(Guid.NewGuid()).AsTask().WaitAsync(Waiting.Long));
    }

    private static string TextIn(ReadOnlyMemory<byte> data)
    {
        Assert.True(GlueSchemaRegistry.TryRead(data, out var frame));
        return Encoding.UTF8.GetString(frame.Unpack().Span);
    }
}

/// <summary>The hook with a validator that is not ours: what KPL does for JSON.</summary>
public sealed class JsonSchemaTests
{
    private const string Definition = """{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}""";

    [Fact]
    public async Task Validate_WithAValidatorOfJson_LetsPassWhatFitsAndNothingElse()
    {
        var schema = await JsonSchema.FromJsonAsync(Definition, TestContext.Current.CancellationToken);
        var options = new GlueOptions
        {
            AutoRegistration = true,
            Validate = (_, data) => schema.Validate(System.Text.Encoding.UTF8.GetString(data.Span)).FirstOrDefault()?.ToString(),
        };
        using var registry = new GlueSchemaRegistry(options, new FakeSchemas(), null, new PromptTime(TimeSpan.FromSeconds(3)), static () => 1);
        await using var inner = new FakeKplProducer();
        var producer = inner.WithSchema(new GlueSchema(Definition, GlueDataFormat.Json, "orders"), registry);

        string[] texts = ["""{"n":1}""", """{"n":"one"}""", "{}", """{"n":2}"""];
        var results = await producer.PutAsync("events", texts.Select(static t => UserRecord.FromText("k", t)));
        Assert.Equal([true, false, false, true], results.Select(static r => r.IsSuccess));
        Assert.Contains("IntegerExpected", results[1].ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(2, inner.Records.Count);
    }
}
