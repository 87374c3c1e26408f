using Orleans.Kpl.Glue.Registry;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Glue.Tests.Registry;

/// <remarks>Tests <see cref="VersionFinder"/>.</remarks>
public sealed class VersionFinderTests
{
    private const string Definition = """{"type":"object"}""";

    private readonly FakeSchemas _glue = new();
    private readonly PromptTime _time = new(TimeSpan.FromSeconds(3));
    private readonly List<string> _warnings = [];
    private readonly GlueOptions _options = new() { AutoRegistration = true };

    [Fact]
    public async Task Find_OfAVersionThatIsThere_IsOneCall()
    {
        var id = _glue.Add("orders", Definition);
        _options.AutoRegistration = false;
        Assert.Equal(id, await FindAsync());
        Assert.Equal(["GetSchemaByDefinition"], _glue.Calls);
    }

    [Fact]
    public async Task Find_OfASchemaThatIsNotThere_CreatesIt_WithWhatTheSettingsSay()
    {
        (_options.Compatibility, _options.Description) = (GlueCompatibility.FullAll, "of orders");
        _options.Tags = new Dictionary<string, string> { ["team"] = "a" };
        _options.Metadata = new Dictionary<string, string> { ["build"] = "17" };
        var id = await FindAsync();

        Assert.Equal(["GetSchemaByDefinition", "CreateSchema", "PutSchemaVersionMetadata", "PutSchemaVersionMetadata"], _glue.Calls);
        Assert.Equal(("default-registry", "orders", Definition, "JSON", "FULL_ALL", "of orders"),
            (_glue.Creation!.Registry, _glue.Creation.Name, _glue.Creation.Definition, _glue.Creation.DataFormat, _glue.Creation.Compatibility,
                _glue.Creation.Description));
        Assert.Equal("a", _glue.Creation.Tags["team"]);
        Assert.Equal(("17", "events"), (_glue.Notes[(id, "build")], _glue.Notes[(id, "x-amz-meta-transport")]));
    }

    [Fact]
    public async Task Find_OfANewDefinition_RegistersAVersion_AndCreatesNothing()
    {
        var old = _glue.Add("orders", """{"type":"string"}""");
        Assert.NotEqual(old, await FindAsync());
        Assert.Equal(["GetSchemaByDefinition", "RegisterSchemaVersion", "PutSchemaVersionMetadata"], _glue.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Find_WithoutRegistration_SaysWhatToDo(bool hasSchema)
    {
        _options.AutoRegistration = false;
        if (hasSchema)
            _glue.Add("orders", """{"type":"string"}""");
        await AssertFailsAsync(GlueErrorCodes.NotRegistered, "AutoRegistration");
        Assert.Equal(["GetSchemaByDefinition"], _glue.Calls);
    }

    [Fact]
    public async Task Find_WhereAnotherProcessCreatesTheSchemaMeanwhile_HasItsVersion()
    {
        var theirs = Guid.Empty;
        _glue.On("CreateSchema", _ => theirs = _glue.Add("orders", Definition));
        Assert.Equal(await FindAsync(), theirs);
        Assert.Equal(["GetSchemaByDefinition", "CreateSchema", "RegisterSchemaVersion", "PutSchemaVersionMetadata"], _glue.Calls);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Find_OfAPendingVersion_WaitsWithGrowingPauses()
    {
        _glue.NewStatus = "PENDING";
        _glue.On("GetSchemaVersion", count => _glue.SetStatus(count == 7 ? "AVAILABLE" : "PENDING"));
        await FindAsync();
        Assert.Equal(7, _glue.CountOf("GetSchemaVersion"));
        Assert.Equal([100, 200, 400, 800, 1_600, 3_000, 3_000], _time.Pauses.Select(static p => p.TotalMilliseconds));
    }

    [Fact]
    public async Task Find_OfAVersionThatStaysPending_EndsAfterMaxWait()
    {
        _glue.NewStatus = "PENDING";
        await AssertFailsAsync(GlueErrorCodes.Timeout, "within 30 s; the last call was GetSchemaVersion");
        Assert.InRange(_glue.CountOf("GetSchemaVersion"), 5, 20);
    }

    [Theory]
    [InlineData("FAILURE", GlueErrorCodes.Incompatible, "not compatible")]
    [InlineData("DELETING", GlueErrorCodes.NotAvailable, "DELETING")]
    public async Task Find_OfAVersionThatGlueRefuses_IsATypedError(string status, string code, string words)
    {
        _glue.NewStatus = "PENDING";
        _glue.On("GetSchemaVersion", _ => _glue.SetStatus(status));
        await AssertFailsAsync(code, words);
    }

    [Theory]
    [InlineData("ThrottlingException", 400)]
    [InlineData("ConcurrentModificationException", 400)]
    [InlineData("InternalServiceException", 500)]
    [InlineData("HTTP 503", 503)]
    public async Task Find_WhereGlueIsBusy_AsksAgain(string code, int status)
    {
        var id = _glue.Add("orders", Definition);
        _glue.Before = _ => _glue.Calls.Count <= 3 ? throw FakeSchemas.Refusal(code, status: status) : Task.CompletedTask;
        Assert.Equal(id, await FindAsync());
        Assert.Equal([100, 200, 400], _time.Pauses.Select(static p => p.TotalMilliseconds));
    }

    [Fact]
    public async Task Find_WhereGlueStaysBusy_EndsAfterMaxWait_WithTheLastAnswer()
    {
        _glue.Before = static _ => throw FakeSchemas.Refusal("ThrottlingException", "Rate exceeded");
        await AssertFailsAsync(GlueErrorCodes.Timeout, "failed with ThrottlingException: Rate exceeded");
    }

    [Fact]
    public async Task Find_WithoutConnection_AsksAgain()
    {
        var id = _glue.Add("orders", Definition);
        _glue.Before = _ => _glue.Calls.Count == 1 ? throw new KinesisException(KinesisFailureKind.NotSent, "ConnectionFailed", "no") : Task.CompletedTask;
        Assert.Equal(id, await FindAsync());
    }

    [Theory]
    [InlineData("AccessDeniedException", "allow glue:GetSchemaByDefinition")]
    [InlineData("InvalidInputException", "correct them")]
    [InlineData("SomethingElse", "docs/glue.md")]
    public async Task Find_OfWhatGlueRefusesForGood_IsOneCall_AndSaysWhatToDo(string code, string advice)
    {
        _glue.Before = _ => throw FakeSchemas.Refusal(code);
        await AssertFailsAsync(code, advice);
        Assert.Single(_glue.Calls);
    }

    [Fact]
    public async Task Find_OfADefinitionUnderAnotherFormat_IsATypedError()
    {
        _glue.Add("orders", Definition, "AVRO");
        await AssertFailsAsync(GlueErrorCodes.OtherDataFormat, "AVRO");
    }

    [Fact]
    public async Task Find_WhereANoteIsRefused_Warns_AndHasTheVersion()
    {
        _glue.Before = operation => operation == "PutSchemaVersionMetadata" ? throw FakeSchemas.Refusal("AccessDeniedException") : Task.CompletedTask;
        Assert.NotEqual(Guid.Empty, await FindAsync());
        Assert.Contains("x-amz-meta-transport=events", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    private async Task AssertFailsAsync(string code, string words)
    {
        var error = await Assert.ThrowsAsync<GlueSchemaException>(FindAsync);
        Assert.Equal(code, error.Code);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    private Task<Guid> FindAsync() => new VersionFinder(_glue, _options, _time, static () => 1, _warnings.Add)
        .FindAsync(new SchemaKey(new GlueSchema(Definition, GlueDataFormat.Json), "orders"), "events", TestContext.Current.CancellationToken);
}
