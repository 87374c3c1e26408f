using Orleans.Concurrency;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Grains.Receiving;

/// <summary>
/// The front for direct users. It only hands calls over: a call that waits for outcomes holds no thread, and the silo does the work, not
/// this activation.
/// </summary>
[GrainType("kpl-producer"), StatelessWorker, Reentrant]
internal sealed class StreamProducerGrain(SiloNode node, TimeProvider time) : Grain, IStreamProducer
{
    private string Stream => this.GetPrimaryKeyString();

    public Task<RecordResult> PutRecord(UserRecord record, PutOptions? options = null) =>
        Task.Run(() => AcceptInTimeAsync(limit => node.Producer.PutAsync(Stream, record, options, limit).AsTask()));

    public Task<RecordResult[]> PutRecords(RecordBatch records, PutOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Task.Run(() => AcceptInTimeAsync(limit => node.Producer.PutAsync(Stream, records.Records.ToArray(), options, limit)));
    }

    public Task Flush() => Task.Run(() => node.Producer.FlushAsync(Stream));

    public Task<StreamStatus> GetStatus()
    {
        var name = node.Producer.Names.Known(Stream);
        var (stream, ledger, forwarded) = (node.Producer.Find(name), node.Producer.GetLedger(name), node.ForwardedOf(name));
        var outstanding = ledger.InFlight + forwarded.Records;
        return Task.FromResult(new StreamStatus
        {
            Stream = name,
            Ledger = ledger,
            OutstandingRecords = outstanding,
            OutstandingBytes = (stream?.OutstandingBytes ?? 0) + forwarded.Bytes,
            // A record that was accepted since is not told by its age alone.
            OldestRecordAge = outstanding == 0 ? TimeSpan.Zero : stream?.OldestRecordAge ?? TimeSpan.Zero,
            Silo = node.Silos.Self.ToString(),
            StartedAt = node.State.At,
            IsDraining = node.State.IsDraining,
        });
    }

    /// <summary>
    /// Puts a call's records, unless they are not accepted in time: there may be no memory. Accepted later, they would be put for a caller that has gone and
    /// has put them again, and a silo that has too much to do would work for such callers alone.
    /// </summary>
    private async Task<T> AcceptInTimeAsync<T>(Func<CancellationToken, Task<T>> put)
    {
        using var limit = new CancellationTokenSource(ResponseTimeouts.AcceptTimeout, time);
        try
        {
            return await put(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"no record of the call was accepted within {ResponseTimeouts.AcceptTimeout.TotalSeconds:0} s");
        }
    }
}
