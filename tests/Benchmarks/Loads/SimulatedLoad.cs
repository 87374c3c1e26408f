using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>Two callers put batches as fast as the pipeline takes them; nothing is sent. One run for each command, which is the number of batches.</summary>
internal static class SimulatedLoad
{
    public const string Verb = "simulated-load";

    private const int Callers = 2;

    public static Task RunAsync()
    {
        var records = Enumerable.Range(1, Callers).Select(static seed => new RecordSet(100, seed)).ToArray();
        return ChildProcess.ServeAsync(async command => await RunAsync(records, long.Parse(command)));
    }

    /// <summary>A pipeline that sends to a simulated Kinesis.</summary>
    public static ProducerPipeline CreatePipeline(SimulatedGateway gateway, TimeProvider time) => new(
        new KplOptions { RateLimit = BenchProducer.NoLimit }, gateway, new PipelineLog(NullLogger.Instance, time, logKeys: false), time, new Random(1));

    private static async Task<LoadResult> RunAsync(RecordSet[] records, long batches)
    {
        await using var producer = CreatePipeline(new SimulatedGateway(TimeProvider.System), TimeProvider.System);
        var stream = BenchStream.Of(64);
        (await producer.PutAsync(stream, records[0].Batch(0)[..1], PutOptions.WithoutLinger))[0].EnsureSuccess();
        return await LoadProcess.MeasureAsync(batches * RecordSet.BatchSize, records[0], async _ => (await Task.WhenAll(
            records.Select(set => Task.Run(() => LoadProcess.BatchesAsync(producer, stream, set, batches / Callers))))).Sum());
    }
}
