using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.CloudWatch;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>One turn of a <see cref="MeteredLoad"/>.</summary>
/// <param name="HasCollector">Whether there is a collector; one that is there from before stays.</param>
/// <param name="Records">User records, a multiple of the batch; 0 to measure what reading the collector takes of the processor's time.</param>
internal sealed record MeteredTurn(bool HasCollector, long Records);

/// <summary>
/// One producer that stays, put to in turns, with a collector that is started and ended between them. Both kinds of turns have the same code, memory and
/// connections, so that nothing but the collector differs.
/// </summary>
internal static class MeteredLoad
{
    public const string Verb = "metered-load";

    public static async Task RunAsync(Uri endpoint, string stream)
    {
        var records = new RecordSet(100);
        await using var producer = BenchProducer.Create(endpoint);
        // Brings the stream to life: its shard map and the first connections belong to no record.
        await BenchProducer.UseAsync(producer, records, stream);
        ChildProcess.Tell(true);
        MeasuredCollector? collector = null;
        await ChildProcess.ServeAsync(async command =>
        {
            var turn = JsonSerializer.Deserialize<MeteredTurn>(command)!;
            if (turn.Records == 0)
                return await collector!.ReadAsync();
            if (turn.HasCollector != collector is not null)
            {
                if (collector is not null)
                    await collector.DisposeAsync();
                collector = turn.HasCollector ? new MeasuredCollector() : null;
            }

            return await LoadProcess.MeasureAsync(turn.Records, records, batches => LoadProcess.BatchesAsync(producer, stream, records, batches));
        });
        if (collector is not null)
            await collector.DisposeAsync();
    }

    /// <summary>A collector of everything by shard, for Prometheus and CloudWatch.</summary>
    private sealed class MeasuredCollector : IMetricsSink, IAsyncDisposable
    {
        private readonly MetricsCollector _collector;

        public MeasuredCollector() => _collector = MetricsCollector.Start(
            new KplOptions { Metrics = { Granularity = MetricsGranularity.Shard, Sinks = ["Prometheus"] } }, sinks: [this]);

        public string Name => "CloudWatch, without the network";

        /// <summary>Writes what CloudWatch would get, compressed.</summary>
        public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
        {
            foreach (var call in MetricDataCalls.Of(metrics, new MetricsOptions { Namespace = "Bench" }, DateTimeOffset.UnixEpoch))
            {
                using var gzip = new GZipStream(Stream.Null, CompressionLevel.Fastest);
                gzip.Write(call.Body);
            }

            return Task.FromResult<IReadOnlyList<MetricSeries>>([]);
        }

        /// <summary>The part of the processor's time, with a scrape every 15 seconds, an upload every 60 and a look at the gauges every 10.</summary>
        public async Task<object> ReadAsync()
        {
            var start = Environment.CpuUsage.TotalTime;
            _collector.Page!.Write(new ArrayBufferWriter<byte>(), null);
            var scraped = Environment.CpuUsage.TotalTime;
            await _collector.UploadAsync(default);
            var uploaded = Environment.CpuUsage.TotalTime;
            _collector.Read(static (_, _) => 0);
            var looked = Environment.CpuUsage.TotalTime;
            return ((scraped - start) / 15 + (uploaded - scraped) / 60 + (looked - uploaded) / 10).TotalSeconds;
        }

        public ValueTask DisposeAsync() => _collector.DisposeAsync();
    }
}
