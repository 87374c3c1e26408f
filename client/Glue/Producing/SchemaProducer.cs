namespace Orleans.Kpl.Glue.Producing;

/// <summary>Puts the header of one schema in front of every record, and hands them on. It holds no record and no thread.</summary>
/// <param name="producer">The producer; it is its owner's to dispose.</param>
/// <param name="registry">The registry; likewise.</param>
/// <param name="schema">The schema of every record.</param>
internal sealed class SchemaProducer(IKplProducer producer, GlueSchemaRegistry registry, GlueSchema schema) : IKplProducer
{
    private bool _isDisposed;

    public long OutstandingRecords => producer.OutstandingRecords;

    public long OutstandingBytes => producer.OutstandingBytes;

    public TimeSpan OldestRecordAge => producer.OldestRecordAge;

    public KplHealth Health => producer.Health;

    public event Action<RecordFailure>? RecordFailed
    {
        add => producer.RecordFailed += value;
        remove => producer.RecordFailed -= value;
    }

    public async ValueTask<EnqueuedRecord> EnqueueAsync(
        string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var framed = await FrameAsync(stream, record, cancellationToken).ConfigureAwait(false);
        return await producer.EnqueueAsync(stream, framed, options, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var framed = await FrameAsync(stream, record, cancellationToken).ConfigureAwait(false);
        return await producer.PutAsync(stream, framed, options, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var framed = await FrameAsync(stream, records, cancellationToken).ConfigureAwait(false);
        var batch = await producer.EnqueueAsync(stream, framed.Records, options, cancellationToken).ConfigureAwait(false);
        return framed.Refused.Count == 0 ? batch : new SchemaBatch(batch, framed.Refused);
    }

    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var framed = await FrameAsync(stream, records, cancellationToken).ConfigureAwait(false);
        var results = await producer.PutAsync(stream, framed.Records, options, cancellationToken).ConfigureAwait(false);
        return framed.Refused.Count == 0 ? results : SchemaBatch.Join(results, framed.Refused);
    }

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => producer.FlushAsync(stream, cancellationToken);

    public StreamLedger GetLedger(string stream) => producer.GetLedger(stream);

    /// <summary>Ends this view; the producer goes on.</summary>
    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isDisposed, true);
        return ValueTask.CompletedTask;
    }

    private async ValueTask<UserRecord> FrameAsync(string stream, UserRecord record, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        var data = await registry.EncodeAsync(schema, record.Data, stream, cancellationToken).ConfigureAwait(false);
        return new UserRecord(record.PartitionKey, data, record.ExplicitHashKey);
    }

    /// <summary>Frames a batch. All records wait for the schema together; those that the hook refuses stay behind.</summary>
    private async ValueTask<FramedRecords> FrameAsync(string stream, ReadOnlyMemory<UserRecord> records, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        StreamName.Check(stream);
        if (records.IsEmpty)
            return new FramedRecords(records, []);
        var version = await registry.FindAsync(schema, stream, records.Length, FramedRecords.BytesOf(records.Span), cancellationToken).ConfigureAwait(false);
        return FramedRecords.Make(registry, schema, version, records.Span);
    }
}
