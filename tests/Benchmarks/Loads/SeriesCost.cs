using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What a collector keeps and tells of one stream with many shards, each of which has had every event that a shard can have.</summary>
/// <param name="Series">Series of the page for Prometheus; those of the collector's uploads are not among them.</param>
/// <param name="PageBytes">The page, uncompressed.</param>
/// <param name="ScrapeSeconds">Processor time of one scrape.</param>
/// <param name="MemoryBytes">What the collector holds, the buffer of the page aside.</param>
/// <param name="CloudWatchMetrics">Metrics that CloudWatch gets.</param>
/// <param name="Dollars">Their price for a month, in US dollars.</param>
internal sealed record SeriesCost(int Series, long PageBytes, double ScrapeSeconds, long MemoryBytes, int CloudWatchMetrics, double Dollars)
{
    private const int Scrapes = 9;

    public static async Task<SeriesCost> MeasureAsync(MetricsGranularity granularity, int shards)
    {
        using var meters = new OwnMeters();
        using var instruments = new KplInstruments(ProducerRole.Embedded, () => [new WholeStream(shards)], meters);
        var ids = Enumerable.Range(0, shards).Select(static i => $"shardId-{i:D12}").ToArray();
        var known = ids.Select(id => instruments.Of(WholeStream.Name, id)).ToArray();
        var before = Held();
        await using var collector = MetricsCollector.Start(
            new KplOptions { Metrics = { Granularity = granularity, Sinks = ["Prometheus"] } }, meters: meters);
        Tell(instruments, ids, known);
        var page = new ArrayBufferWriter<byte>(64 << 20);
        collector.Page!.Write(page, null);
        var memory = Held() - before - page.Capacity;
        var seconds = new List<double>();
        for (var i = 0; i < Scrapes; i++)
        {
            Tell(instruments, ids, known);
            page.ResetWrittenCount();
            var cpu = Environment.CpuUsage.TotalTime;
            collector.Page.Write(page, null);
            seconds.Add((Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        }

        var metrics = collector.InMemory.All().Count;
        return new SeriesCost(
            Encoding.UTF8.GetString(page.WrittenSpan).Split('\n').Count(static l => l is not "" and not ['#', ..]), page.WrittenCount,
            Figures.Median(seconds), memory, metrics, MetricsPrice.OfMonth(metrics));
    }

    private static long Held()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Tell(KplInstruments instruments, string[] ids, ShardMeter[] known)
    {
        instruments.Received(WholeStream.Name, ids.Length);
        instruments.CallEnded(WholeStream.Name, TimeSpan.FromMilliseconds(20), ids.Length);
        instruments.Carried(WholeStream.Name, ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            instruments.HeldAndPut(known[i], 40, 4_000);
            instruments.Put(known[i], 40, 3_600);
            instruments.Retried(known[i], 1, 40);
            instruments.Buffered(known[i], TimeSpan.FromMilliseconds(80), 40);
            instruments.Failed(WholeStream.Name, ids[i], RecordStatus.Failed, RecordErrorCodes.Expired);
            instruments.Failed(WholeStream.Name, ids[i], RecordStatus.Unknown, RecordErrorCodes.Shutdown);
            instruments.Error(WholeStream.Name, ids[i], RecordErrorCodes.Throttled);
            instruments.WrongShard(WholeStream.Name, ids[i]);
        }
    }

    private sealed class WholeStream(int shards) : IMeasuredStream
    {
        public const string Name = "stream";

        public string Stream => Name;

        public StreamLedger Ledger => default;

        public long OutstandingBytes => 1 << 20;

        public TimeSpan OldestRecordAge => TimeSpan.FromMilliseconds(90);

        public IEnumerable<ShardMeasures> ServedMeasures => Enumerable.Range(0, shards).Select(static i => new ShardMeasures($"shardId-{i:D12}", 0.2, 0.7));
    }

    private sealed class OwnMeters : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(static m => m.Dispose());
    }
}
