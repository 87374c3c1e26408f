namespace Orleans.Kpl.Glue.Producing;

/// <summary>Puts the header of one schema in front of every record, and hands them on. It holds no record and no thread.</summary>
/// <param name="producer">The producer; it is its owner's to dispose.</param>
/// <param name="registry">The registry; likewise.</param>
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

/// <summary>A batch of which the schema refused some records: their results stand at their positions.</summary>
internal sealed class SchemaBatch : EnqueuedBatch
{
    private readonly EnqueuedBatch _accepted;
    private readonly SortedList<int, RecordResult> _refused;
    private RecordResult[]? _results;

    public SchemaBatch(EnqueuedBatch accepted, SortedList<int, RecordResult> refused)
    {
        (_accepted, _refused) = (accepted, refused);
        Delivery = DeliverAsync();
    }

    public override Task<IReadOnlyList<RecordResult>> Delivery { get; }

    public override ReadOnlySpan<RecordResult> Results =>
        Volatile.Read(ref _results) ?? throw new InvalidOperationException("some record of the batch has not ended yet");

    public override int Count => _accepted.Count + _refused.Count;

    /// <summary>Puts the results of refused records between those of the others.</summary>
    public static RecordResult[] Join(ReadOnlySpan<RecordResult> accepted, SortedList<int, RecordResult> refused)
    {
        var all = new RecordResult[accepted.Length + refused.Count];
        for (int i = 0, next = 0; i < all.Length; i++)
            all[i] = refused.TryGetValue(i, out var result) ? result : accepted[next++];
        return all;
    }

    protected override void Dispose(bool disposing)
    {
        // Not before the results were joined: they are read from there.
        if (disposing && Delivery.IsCompleted)
            _accepted.Dispose();
    }

    private async Task<IReadOnlyList<RecordResult>> DeliverAsync()
    {
        await _accepted.Delivery.ConfigureAwait(false);
        Volatile.Write(ref _results, Join(_accepted.Results, _refused));
        return this;
    }
}

/// <summary>A batch with headers.</summary>
/// <param name="Records">The records that fit the schema, in their order.</param>
/// <param name="Refused">The others, by their positions in the batch.</param>
internal readonly record struct FramedRecords(ReadOnlyMemory<UserRecord> Records, SortedList<int, RecordResult> Refused)
{
    public static long BytesOf(ReadOnlySpan<UserRecord> records)
    {
        var bytes = 0L;
        foreach (var record in records)
            bytes += record.Data.Length;
        return bytes;
    }

    public static FramedRecords Make(GlueSchemaRegistry registry, GlueSchema schema, Guid version, ReadOnlySpan<UserRecord> records)
    {
        var refused = new SortedList<int, RecordResult>();
        var framed = new UserRecord[records.Length];
        // One piece of memory for all of them, unless it would be longer than an array may be.
        var size = BytesOf(records) + (long)records.Length * GlueFrame.HeaderSize;
        var isShared = registry.Compression == GlueCompression.None && size <= Array.MaxLength;
        Memory<byte> free = isShared ? new byte[size] : default;
        var count = 0;
        for (var i = 0; i < records.Length; i++)
        {
            var (record, data) = (records[i], records[i].Data);
            if (!GlueSchemaRegistry.IsFramed(data, version))
            {
                if (registry.FindFault(schema, data) is { } fault)
                {
                    refused.Add(i, RecordResult.NotDelivered(RecordStatus.Failed, GlueErrorCodes.InvalidData, fault, record));
                    continue;
                }

                if (isShared)
                {
                    var place = free[..GlueFrame.SizeOf(data.Length)];
                    GlueFrame.Write(version, data.Span, place.Span);
                    (data, free) = (place, free[place.Length..]);
                }
                else
                {
                    data = GlueFrame.Write(version, data.Span, registry.Compression);
                }
            }

            framed[count++] = new UserRecord(record.PartitionKey, data, record.ExplicitHashKey);
        }

        return new FramedRecords(framed.AsMemory(0, count), refused);
    }
}
