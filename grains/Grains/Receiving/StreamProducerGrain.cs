using Orleans.Concurrency;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Membership;

namespace Orleans.Kpl.Grains.Receiving;

/// <summary>
/// The front for direct users. It only hands calls over: a call that waits for outcomes holds no thread, and the silo does the work, not
/// this activation.
/// </summary>
[GrainType("kpl-producer"), StatelessWorker, Reentrant]
internal sealed class StreamProducerGrain(ClusterProducer producer, LinkReceiver receiver, LiveSilos silos, SiloState start) : Grain, IStreamProducer
{
    private string Stream => this.GetPrimaryKeyString();

    public Task<RecordResult> PutRecord(UserRecord record, PutOptions? options = null) =>
        Task.Run(() => producer.PutAsync(Stream, record, options).AsTask());

    public Task<RecordResult[]> PutRecords(RecordBatch records, PutOptions? options = null) => Task.Run(() => producer.PutAsync(Stream, records, options));

    public Task Flush() => Task.Run(() => producer.FlushAsync(Stream));

    public Task<StreamStatus> GetStatus()
    {
        var (forwarded, guestBytes) = receiver.Forwarded;
        return Task.FromResult(new StreamStatus
        {
            Stream = Stream,
            Ledger = producer.GetLedger(Stream),
            OutstandingRecords = producer.OutstandingRecords + forwarded,
            OutstandingBytes = producer.OutstandingBytes + guestBytes,
            OldestRecordAge = producer.OldestRecordAge,
            ContractVersion = ContractVersion.Current,
            Silo = silos.Self.ToString(),
            StartedAt = start.At,
            IsDraining = start.IsDraining,
        });
    }
}
