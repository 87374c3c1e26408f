using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Metrics.Tests.Uploading;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Metrics.Tests.Setup;

public sealed class AddKplMetricsTests
{
    [Fact]
    public async Task Host_WithAddKplMetrics_UploadsWhatItsProducerDid_WhenItStops()
    {
        var sink = new ProbeMetricsSink();
        var builder = Create();
        builder.Services.AddKplMetrics().AddSingleton<IMetricsSink>(sink);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var producer = host.Services.GetRequiredService<IKplProducer>();
        // Nobody answers there: the record ends when its time-to-live does.
        var result = await producer.PutAsync("events", UserRecord.FromText("key", "text"));
        await host.StopAsync(TestContext.Current.CancellationToken);
        await ((IAsyncDisposable)host).DisposeAsync();

        Assert.False(result.IsSuccess);
        Assert.Equal(1, sink.SumOf(sink.Uploads.Count - 1, "UserRecordsFailed"));
    }

    /// <summary>The producer was made before the collector: records that lay in its backlog were put, and had never been received.</summary>
    [Fact]
    public async Task Host_WithAddKplMetrics_CollectsFromTheProducersFirstEventOn()
    {
        var builder = Create();
        builder.Services.AddSingleton<IHostedService>(static p => new EarlyCaller(p.GetRequiredService<IKplProducer>()));
        builder.Services.AddKplMetrics().AddKplMetrics();
        var host = builder.Build();
        await using var end = (IAsyncDisposable)host;
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, host.Services.GetRequiredService<InMemoryMetrics>().ByName("UserRecordsReceived")[0].Sum);
        Assert.Single(host.Services.GetServices<IHostedService>(), static s => s.GetType().Name == "CollectorService");
    }

    /// <summary>The container threw at the collector, and the producer was not drained where it was made before.</summary>
    [Fact]
    public async Task Container_DisposedWithoutAwaiting_MakesTheLastUpload_AndEndsTheProducer()
    {
        var sink = new ProbeMetricsSink();
        var builder = Create();
        builder.Services.AddKplMetrics().AddSingleton<IMetricsSink>(sink);
        var provider = builder.Services.BuildServiceProvider();
        provider.GetRequiredService<MetricsCollector>();
        var producer = provider.GetRequiredService<IKplProducer>();
        await producer.PutAsync("events", UserRecord.FromText("key", "text"));
        provider.Dispose();

        Assert.Equal(1, sink.SumOf(sink.Uploads.Count - 1, "UserRecordsFailed"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.FlushAsync());
    }

    /// <summary>The collector is the first that asks for them: the host's start failed with the exception of .NET's options.</summary>
    [Fact]
    public async Task Host_WithSettingsThatCannotWork_FailsWithAllErrorsAsWithoutACollector()
    {
        var builder = Create(static o => (o.RateLimit, o.MaxConnections) = (0, 0));
        builder.Services.AddKplMetrics();
        var host = builder.Build();
        await using var end = (IAsyncDisposable)host;
        var error = Assert.Throws<KplOptionsException>(() => host.Services.GetRequiredService<MetricsCollector>());
        Assert.Equal(2, error.Errors.Count);
    }

    [Fact]
    public async Task Sinks_WithoutACollector_AreToldInTheLog()
    {
        var (log, builder) = (new CapturedLog(), Create(o => o.Metrics.Sinks = ["CloudWatch"]));
        builder.Services.AddSingleton<ILoggerFactory>(log);
        var host = builder.Build();
        await using var end = (IAsyncDisposable)host;
        host.Services.GetRequiredService<IKplProducer>();
        Assert.Contains(log.Lines, static l => l.Line.Contains("add package Orleans.Kpl.Metrics and call AddKplMetrics()", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sinks_WithACollector_AreNoWarning()
    {
        var (log, builder) = (new CapturedLog(), Create(o => o.Metrics.Sinks = ["InMemory"]));
        builder.Services.AddKplMetrics().AddSingleton<ILoggerFactory>(log);
        var host = builder.Build();
        await using var end = (IAsyncDisposable)host;
        host.Services.GetRequiredService<IKplProducer>();
        Assert.DoesNotContain(log.Lines, static l => l.Line.Contains("AddKplMetrics", StringComparison.Ordinal));
        Assert.Empty(host.Services.GetRequiredService<InMemoryMetrics>().ByName("UserRecordsPut"));
    }

    /// <summary>Puts as soon as it is made.</summary>
    private sealed class EarlyCaller : IHostedService
    {
        public EarlyCaller(IKplProducer producer) => Accepted = producer.EnqueueAsync("events", UserRecord.FromText("key", "text")).AsTask();

        public Task<EnqueuedRecord> Accepted { get; }

        public Task StartAsync(CancellationToken cancellationToken) => Accepted;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static HostApplicationBuilder Create(Action<KplOptions>? configure = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddKpl(o =>
        {
            (o.Kinesis.EndpointUrl, o.Kinesis.AccessKeyId, o.Kinesis.SecretAccessKey) = (new Uri("http://127.0.0.1:9"), "key", "secret");
            (o.RecordTtl, o.CheckAtStart) = (TimeSpan.FromMilliseconds(200), StartCheck.Off);
            configure?.Invoke(o);
        });
        return builder;
    }
}
