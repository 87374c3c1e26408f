using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>
/// One producer that stays, put to in turns, with a collector that is started and ended between them. Both kinds of turns have the same code, memory and
/// connections, so that nothing but the collector differs.
/// </summary>
internal static class MeteredLoad
{
    public const string Verb = "metered-load";

    private const int RecordBytes = 100;

    public static async Task RunAsync(Uri endpoint, int shards)
    {
        var records = new RecordSet(RecordBytes);
        await using var producer = BenchProducer.Create(endpoint);
        var stream = ShardRanges.StreamOf(shards);
        // Brings the stream to life: its shard map and the first connections belong to no record.
        (await producer.PutAsync(stream, records.Batch(0)[..1], PutOptions.WithoutLinger))[0].EnsureSuccess();
        MeasuredCollector? collector = null;
        await ChildProcess.ServeAsync(async command =>
        {
            var turn = JsonSerializer.Deserialize<MeteredTurn>(command)!;
            if (turn.Kind == "silent")
                return SilentEvents.Measure(turn.Records);
            if (turn.Kind == "read")
                return await collector!.ReadAsync();
            if (turn.HasCollector != collector is not null)
            {
                if (collector is not null)
                    await collector.DisposeAsync();
                collector = turn.HasCollector ? new MeasuredCollector() : null;
            }

            return await LoadProcess.MeasureAsync(turn.Records, records, batches => turn.Kind == "single"
                ? ProducerLoad.SinglesAsync(producer, stream, records, batches)
                : ProducerLoad.BatchesAsync(producer, stream, records, batches));
        });
        if (collector is not null)
            await collector.DisposeAsync();
    }
}

/// <summary>One turn of a <see cref="MeteredLoad"/>.</summary>
/// <param name="Kind">batch, single; read, what reading the collector costs; silent, the events of so many Kinesis records, without a collector.</param>
/// <param name="HasCollector">Whether there is a collector; one that is there from before stays.</param>
/// <param name="Records">User records, a multiple of the batch.</param>
internal sealed record MeteredTurn(string Kind, bool HasCollector, long Records);
