using Orleans.Kpl.Http.Tests.Serving;

namespace Orleans.Kpl.Http.Tests.Fuzzing;

/// <summary>A producer that delivers every record at once and keeps nothing of it.</summary>
internal sealed class SpentProducer : IKplProducer
{
    private long _records;
    private long _bytes;

    public event Action<RecordFailure>? RecordFailed
    {
        add { }
        remove { }
    }

    /// <summary>The records that were taken.</summary>
    public long Records => Interlocked.Read(ref _records);

    public long OutstandingRecords => 0;

    public long OutstandingBytes => Interlocked.Read(ref _bytes);

    public TimeSpan OldestRecordAge => TimeSpan.Zero;

    public ValueTask<EnqueuedRecord> EnqueueAsync(
        string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (record.PartitionKey.Length is 0 or > 256)
            throw new RecordValidationException(RecordErrorCodes.InvalidPartitionKey, "the key is empty or too long");
        return new(new EnqueuedRecord(Task.FromResult(Take(record))));
    }

    public ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var results = new RecordResult[records.Length];
        for (var i = 0; i < results.Length; i++)
            results[i] = Take(records.Span[i]);
        return new(new FakeBatch(results, Task.CompletedTask));
    }

    public ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public StreamLedger GetLedger(string stream) => default;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Looks at every byte, as aggregating does.</summary>
    private RecordResult Take(UserRecord record)
    {
        Interlocked.Increment(ref _records);
        var sum = 0;
        foreach (var one in record.Data.Span)
            sum += one;
        Interlocked.Add(ref _bytes, record.Data.Length + (sum & 1));
        return record.PartitionKey.Length is 0 or > 256
            ? RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.InvalidPartitionKey, "the key is empty or too long", record)
            : RecordResult.Delivered("shardId-000000000000", "49", 0, []);
    }
}
