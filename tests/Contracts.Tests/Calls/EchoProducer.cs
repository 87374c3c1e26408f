using System.Collections.Concurrent;
using Orleans.Concurrency;

namespace Orleans.Kpl.Contracts.Tests.Calls;

/// <summary>A producer that judges what it is given and delivers nothing.</summary>
[StatelessWorker]
internal sealed class EchoProducer : Grain, IStreamProducer
{
    /// <summary>The last thing that a call brought, by the grain's key.</summary>
    public static ConcurrentDictionary<string, object> Given { get; } = new();

    public Task<RecordResult> PutRecord(UserRecord record, PutOptions? options = null)
    {
        StreamName.Check(this.GetPrimaryKeyString());
        Given[this.GetPrimaryKeyString()] = record;
        return Task.FromResult(RecordResult.NotDelivered(RecordStatus.Failed, "Echo", options?.TimeToLive?.ToString(), record));
    }

    public Task<RecordResult[]> PutRecords(RecordBatch records, PutOptions? options = null)
    {
        Given[this.GetPrimaryKeyString()] = records;
        var end = RecordResult.Delivered("shardId-000000000000", "495", 0, []).End!;
        return Task.FromResult(Enumerable.Range(0, records.Count).Select(i => new RecordResult(end, i)).ToArray());
    }

    public Task Flush() => Task.CompletedTask;

    public Task<StreamStatus> GetStatus() =>
        Task.FromResult(new StreamStatus { Stream = this.GetPrimaryKeyString(), Silo = "-" });
}
