using Orleans.Concurrency;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Grains.Receiving;

/// <summary>
/// The front for direct users. It only hands calls over: a call that waits for outcomes holds no thread, and the silo does the work, not
/// this activation.
/// </summary>
[GrainType("kpl-producer"), StatelessWorker, Reentrant]
internal sealed class StreamProducerGrain(SiloNode node) : Grain, IStreamProducer
{
    private string Stream => this.GetPrimaryKeyString();

    public Task<RecordResult> PutRecord(UserRecord record, PutOptions? options = null) =>
        Task.Run(() => node.Producer.PutAsync(Stream, record, options).AsTask());

    public Task<RecordResult[]> PutRecords(RecordBatch records, PutOptions? options = null) =>
        Task.Run(() => node.Producer.PutAsync(Stream, records.Records.ToArray(), options));

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
}
