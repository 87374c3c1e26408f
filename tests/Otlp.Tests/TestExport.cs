using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Metrics.Tests.Collecting;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Otlp.Tests;

/// <summary>The telemetry of a tier, with a producer that does nothing, and streams that no other test has.</summary>
internal sealed class TestExport : IAsyncDisposable
{
    private readonly TierTelemetry _telemetry;

    private TestExport(TierTelemetry telemetry, TestMeters meters, CapturedLog log) => (_telemetry, Meters, Log) = (telemetry, meters, log);

    public TestMeters Meters { get; }

    public CapturedLog Log { get; }

    public IMetricsPage? Page => _telemetry.Page;

    /// <summary>A name of a stream: the exporter hears every producer of the process.</summary>
    public string Stream { get; } = $"s{Guid.NewGuid():N}";

    public static async Task<TestExport> StartAsync(Action<KplOptions>? configure, params (string Name, string? Value)[] variables)
    {
        var options = new KplOptions();
        configure?.Invoke(options);
        var (meters, log) = (new TestMeters(), new CapturedLog());
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(variables.Select(static v => KeyValuePair.Create(v.Name, v.Value))).Build();
        return new TestExport(await TierTelemetry.StartAsync("orleans-kpl-test", options, configuration, log, meters), meters, log);
    }

    /// <summary>The page for Prometheus.</summary>
    public string TextOfPage()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Page!.Write(output, null);
        return System.Text.Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public void LimitTo(TimeSpan left) => _telemetry.LimitLastUploadTo(() => left);

    /// <summary>Ends with the last export; a second call has no effect.</summary>
    public async ValueTask DisposeAsync()
    {
        await _telemetry.DisposeAsync();
        Meters.Dispose();
    }
}
