using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Producer.Tests.Setup;

public class KplServiceCollectionExtensionsTests
{
    [Fact]
    public async Task AddKpl_WhenCalledTwice_RegistersOneProducerAndAppliesBothInOrder()
    {
        var services = new ServiceCollection();
        services.AddKpl(Section(("RateLimit", "50"), ("MaxAttempts", "3"))).AddKpl(o => o.RateLimit = 60).AddKpl(Section(("MaxAttempts", "4")));
        services.AddKpl(Local);
        await using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<KplOptions>>().Value;
        Assert.Equal((60, 4), (options.RateLimit, options.MaxAttempts));
        Assert.Same(provider.GetRequiredService<KplProducer>(), Assert.Single(provider.GetServices<IKplProducer>()));
        Assert.Single(provider.GetServices<IHostedService>());
    }

    [Fact]
    public async Task AddKpl_WithSectionAndCode_AppliesBothInOrder()
    {
        await using var provider = new ServiceCollection()
            .AddKpl(Section(("RateLimit", "50"), ("MaxAttempts", "3"), ("Http:Port", "1"), ("Cluster:Id", "mine")), o => o.MaxAttempts = 4).AddKpl(Local)
                .BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<KplOptions>>().Value;
        Assert.Equal((50, 4), (options.RateLimit, options.MaxAttempts));
    }

    [Fact]
    public async Task AddKpl_WhenTheContainerIsDisposedWithoutAwaiting_DisposesTheProducer()
    {
        var provider = new ServiceCollection().AddKpl(Local).BuildServiceProvider();
        var producer = provider.GetRequiredService<IKplProducer>();
        // The container threw at the first that could only be awaited, and disposed nothing that was made before it.
        provider.GetRequiredService<IStreamAdmin>();
        provider.GetRequiredService<IBacklogAdmin>();
        provider.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.FlushAsync());
    }

    [Fact]
    public async Task AddKpl_WhenSettingsCannotWork_FailsTheStartOfTheHostWithAllErrors()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        var other = new Recorder();
        builder.Services.AddSingleton<IHostedService>(other);
        builder.Services.AddKpl(Section(("RecordTtl", "soon"), ("Recordttl2", "1"), ("Kinesis:Region", "us-east-1"))).AddKpl(o => o.RateLimit = 0);
        using var host = builder.Build();
        var error = await Assert.ThrowsAsync<KplOptionsException>(() => host.StartAsync());
        Assert.Equal(
            [
                "Kpl:RateLimit is '0': allowed is 1 to 1000000000 per cent",
                "Kpl:RecordTtl is 'soon': expected is a duration such as 250 (milliseconds), 100ms, 5s, 2m or 1h: 100 milliseconds to 24 days",
                "Kpl:Recordttl2 is not known; the nearest is Kpl:RecordTtl",
            ],
            error.Errors.Order());
        Assert.False(other.HasStarted);
    }

    /// <summary>It is looked at with the settings: otherwise it would be the next error, once the first one is mended.</summary>
    [Fact]
    public async Task AddKpl_WhenTheBacklogsFolderCannotBe_TellsItWithAllOtherErrors()
    {
        var file = typeof(KplServiceCollectionExtensionsTests).Assembly.Location;
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddKpl(Section(("Backlog:Directory", Path.Combine(file, "below")), ("Kinesis:Region", "us-east-1"))).AddKpl(o => o.RateLimit = 0);
        using var host = builder.Build();
        var error = await Assert.ThrowsAsync<KplOptionsException>(() => host.StartAsync());
        Assert.Equal(2, error.Errors.Count);
        var ofFolder = Assert.Single(error.Errors, static e => e.StartsWith("Kpl:Backlog:Directory", StringComparison.Ordinal));
        Assert.Contains($"{file} is a file", ofFolder, StringComparison.Ordinal);
        Assert.Contains(error.Errors, static e => e.StartsWith("Kpl:RateLimit", StringComparison.Ordinal));
    }

    /// <summary>A file that is shared with silos has their sections too: they are passed over, and a misspelt name in them is not.</summary>
    [Fact]
    public async Task AddKpl_WhenASectionOfTheClusterIsMisspelt_FailsTheStartAndToleratesTheOthers()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddKpl(Section(("Http:Port", "8080"), ("Cluster:Id", "mine"), ("Cluster:Membrship", "dynamodb"), ("DynamoDb:Foo", "1"))).AddKpl(Local);
        using var host = builder.Build();
        var error = await Assert.ThrowsAsync<KplOptionsException>(() => host.StartAsync());
        Assert.Equal(
            ["Kpl:Cluster:Membrship is not known; the nearest is Kpl:Cluster:Membership", "Kpl:DynamoDb:Foo is not known; no setting has a name like it"],
            error.Errors.Order());
    }

    [Fact]
    public async Task AddKpl_WhenTheSectionHasOddSettings_LogsThem()
    {
        var log = new CapturedLog();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(log);
        services.AddKpl(Section(("TempDirectory", "/tmp"), ("CollectionMaxCount", "1000"))).AddKpl(Local);
        await using var provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<IKplProducer>());
        Assert.Equal(
            [
                "Settings: Kpl:CollectionMaxCount is '1000': taken as 500, the most that is possible",
                "Settings: Kpl:TempDirectory is accepted and has no effect: there is no child process",
            ],
            log.Lines.Select(l => l.Line));
    }

    /// <summary>Nothing told of a misspelt name in code. Section Kpl may be absent: all of it has defaults.</summary>
    [Theory]
    [InlineData("Kppl", "Settings: the configuration has no section Kppl, so nothing comes from it")]
    [InlineData("Kpl", null)]
    [InlineData("Orders:Kpl", null)]
    [InlineData("Given", null)]
    public async Task AddKpl_WhenTheSectionIsMissing_AndNotCalledKpl_LogsThat(string name, string? warning)
    {
        var log = new CapturedLog();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(log);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Given:RecordTtl", "5s")]).Build();
        services.AddKpl(configuration.GetSection(name)).AddKpl(Local);
        await using var provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<IKplProducer>());
        Assert.Equal(warning is null ? [] : [warning], log.Texts);
    }

    [Fact]
    public async Task AddKpl_WhenTheHostStops_DrainsAfterAllOtherServices()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddKpl(Local);
        builder.Services.AddSingleton<Recorder>();
        builder.Services.AddHostedService(p => p.GetRequiredService<Recorder>());
        using var host = builder.Build();
        await host.StartAsync();
        var (producer, recorder) = (host.Services.GetRequiredService<IKplProducer>(), host.Services.GetRequiredService<Recorder>());
        recorder.OnStop = () => producer.FlushAsync();
        await host.StopAsync();
        Assert.True(recorder.HasStopped);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.FlushAsync());
    }

    private static void Local(KplOptions options) =>
        (options.Kinesis.EndpointUrl, options.Kinesis.Region, options.Kinesis.AccessKeyId, options.Kinesis.SecretAccessKey) =
        (new("http://127.0.0.1:1"), "us-east-1", "local", "local");

    private static IConfigurationSection Section(params (string Key, string Text)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>("Kpl:" + s.Key, s.Text))).Build().GetSection("Kpl");

    private sealed class Recorder : IHostedService
    {
        public bool HasStarted { get; private set; }

        public bool HasStopped { get; private set; }

        public Func<Task>? OnStop { get; set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            HasStarted = true;
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            await (OnStop?.Invoke() ?? Task.CompletedTask);
            HasStopped = true;
        }
    }
}
