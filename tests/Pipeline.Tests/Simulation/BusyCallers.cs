using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>Callers that put as much as is accepted, from now on until the load ends.</summary>
internal sealed class BusyCallers
{
    private readonly PipelineHarness _harness;
    private readonly ConcurrentBag<RecordResult> _results = [];
    private readonly List<Task> _callers = [];
    private bool _isOver;

    /// <param name="callers">How many put at once.</param>
    /// <param name="records">What a caller puts: its number, and how often it has put.</param>
    public BusyCallers(PipelineHarness harness, int callers, Func<int, int, UserRecord[]> records, PutOptions? options = null)
    {
        _harness = harness;
        for (var caller = 0; caller < callers; caller++)
            _callers.Add(PutAsync(caller, records, options));
    }

    /// <summary>Ends it. Whatever was accepted must be delivered, where consumers see it.</summary>
    public async Task<IReadOnlyCollection<RecordResult>> EndAsync(int stepMs = 50)
    {
        _isOver = true;
        await _harness.DriveAsync(Task.WhenAll(_callers), stepMs);
        Assert.Empty(_results.Where(static r => !r.IsSuccess).CountBy(static r => $"{r.ErrorCode} after {r.Attempts.Count}: {r.ErrorMessage}"));
        Visible.Check(_harness, _results);
        Assert.Equal(0, _harness.Producer.OutstandingBytes);
        return _results;
    }

    /// <summary>Puts a batch, or a record alone. The first task ends when it is accepted, the second with its outcomes.</summary>
    public static async Task<Task<IReadOnlyList<RecordResult>>> EnqueueAsync(
        ProducerPipeline producer, string stream, UserRecord[] records, PutOptions? options = null)
    {
        if (records is [var record])
            return OfOneAsync((await producer.EnqueueAsync(stream, record, options)).Delivery);
        return (await producer.EnqueueAsync(stream, records, options)).Delivery;

        static async Task<IReadOnlyList<RecordResult>> OfOneAsync(Task<RecordResult> delivery) => [await delivery];
    }

    private async Task PutAsync(int caller, Func<int, int, UserRecord[]> records, PutOptions? options)
    {
        List<Task<IReadOnlyList<RecordResult>>> deliveries = [];
        for (var i = 0; !_isOver; i++)
            deliveries.Add(await EnqueueAsync(_harness.Producer, PipelineHarness.Stream, records(caller, i), options));
        foreach (var result in (await Task.WhenAll(deliveries)).SelectMany(static r => r))
            _results.Add(result);
    }
}
