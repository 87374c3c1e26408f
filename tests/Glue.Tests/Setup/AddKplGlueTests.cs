using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Glue.Tests.Wire;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Glue.Tests.Setup;

public sealed class AddKplGlueTests
{
    [Fact]
    public async Task Host_WithAddKplGlue_HasTheRegistryOfItsSettings_AndLogsWhatTheFileSaysInVain()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "compression=ZLIB\nuserAgentApp=x\n", TestContext.Current.CancellationToken);
        var log = new CapturedLog();
        var services = new ServiceCollection();
        services.AddKpl(o => (o.Kinesis.Region, o.GlueSchemaRegistryPropertiesFilePath) = ("eu-west-1", path));
        services.AddKplGlue(o => o.EndpointUrl = new Uri("http://127.0.0.1:1")).AddSingleton<ILoggerFactory>(log);
        await using var provider = services.BuildServiceProvider();
        var registry = provider.GetRequiredService<GlueSchemaRegistry>();
        File.Delete(path);

        Assert.Same(registry, provider.GetRequiredService<GlueSchemaRegistry>());
        Assert.Equal((new Uri("http://127.0.0.1:1"), GlueCompression.Zlib), (registry.Endpoint, registry.Compression));
        Assert.Contains(log.Lines, static l => l.Level == LogLevel.Warning && l.Line.Contains("userAgentApp is accepted and has no effect", StringComparison.Ordinal));
    }

    /// <summary>A note about a version that Glue did not take is a line of the log, whose provider threw: the records of that schema failed.</summary>
    [Fact]
    public async Task Registry_OfAHostWhoseLogThrows_FailsNoRecord()
    {
        await using var glue = new GlueServer(static (operation, _) => operation switch
        {
            "GetSchemaByDefinition" => GlueServer.Error("EntityNotFoundException", "Schema is not found."),
            "CreateSchema" => (200, $$"""{"SchemaVersionId":"{{Guid.NewGuid()}}","SchemaVersionStatus":"AVAILABLE"}"""),
            _ => GlueServer.Error("AccessDeniedException", "no"),
        });
        var log = new CapturedLog { Throws = true };
        var services = new ServiceCollection().AddSingleton<ILoggerFactory>(log)
            .AddKpl(static o => (o.Kinesis.Region, o.Kinesis.AccessKeyId, o.Kinesis.SecretAccessKey) = ("eu-west-1", "a", "b"))
            .AddKplGlue(o => (o.EndpointUrl, o.AutoRegistration) = (new Uri(glue.Url), true));
        await using var provider = services.BuildServiceProvider();

        var schema = new GlueSchema("{}", GlueDataFormat.Json, "orders");
        var framed = await provider.GetRequiredService<GlueSchemaRegistry>().EncodeAsync(schema, "{}"u8.ToArray(), "events");

        Assert.True(GlueSchemaRegistry.TryRead(framed, out _));
        Assert.NotEqual(0, log.Thrown);
    }

    [Fact]
    public async Task Registry_OfSettingsThatCannotWork_FailsAsTheProducerDoes()
    {
        await using var provider = new ServiceCollection().AddKpl(static o => o.RateLimit = 0).AddKplGlue().BuildServiceProvider();
        Assert.Single(Assert.Throws<KplOptionsException>(() => provider.GetRequiredService<GlueSchemaRegistry>()).Errors);
    }

    [Fact]
    public async Task WithSchema_OfAProducer_HasARegistryOfItsOwn_WithTheProducersSettings()
    {
        await using var producer = KplProducer.Create(new KplOptions { Kinesis = { Region = "eu-west-1" }, GlueSchemaRegistryPropertiesFilePath = "/no/such/file" });
        var error = Assert.Throws<KplOptionsException>(() => producer.WithSchema(new GlueSchema("{}", GlueDataFormat.Json)));
        Assert.Contains("'/no/such/file'", Assert.Single(error.Errors), StringComparison.Ordinal);
    }

    /// <summary>Only the registry of a host told of them. Then a call during the first one made another registry, which told of them again.</summary>
    [Fact]
    public async Task WithSchema_OfAProducer_LogsWhatTheFileSaysInVain_Once_WhoeverCallsMeanwhile()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "userAgentApp=x\n", TestContext.Current.CancellationToken);
        var log = new CapturedLog();
        await using var producer = KplProducer.Create(
            new KplOptions { Kinesis = { Region = "eu-west-1" }, GlueSchemaRegistryPropertiesFilePath = path }, log);
        log.OnLine = _ =>
        {
            log.OnLine = null;
            producer.WithSchema(new GlueSchema("{}", GlueDataFormat.Json));
        };
        for (var i = 0; i < 2; i++)
            producer.WithSchema(new GlueSchema("{}", GlueDataFormat.Json));
        File.Delete(path);

        var line = Assert.Single(log.Texts, static l => l.Contains("userAgentApp is accepted and has no effect", StringComparison.Ordinal));
        Assert.Contains($"'{path}'", line, StringComparison.Ordinal);
    }
}
