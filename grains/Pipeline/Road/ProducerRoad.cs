using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Road;

/// <summary>
/// A producer as its records see it: it finds the stream, has the stream accept what is put, and waits for the outcome where the caller does.
/// </summary>
internal class ProducerRoad
{
    /// <param name="newTable">Makes the table of this producer's streams.</param>
    protected ProducerRoad(Func<ProducerRoad, StreamTable> newTable) => Table = newTable(this);

    /// <summary>The streams.</summary>
    protected StreamTable Table { get; }

    public virtual ValueTask<EnqueuedRecord> EnqueueAsync(
        string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(options);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<EnqueuedRecord>(cancellationToken)
            : Table.EnqueueAsync(stream, record, options, cancellationToken);
    }

    public virtual ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(options);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<EnqueuedBatch>(cancellationToken)
            : Table.EnqueueAsync(stream, records, options, cancellationToken);
    }

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var enqueued = await EnqueueAsync(stream, record, options, cancellationToken).ConfigureAwait(false);
        return await enqueued.Delivery.ConfigureAwait(false);
    }

    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var batch = await EnqueueAsync(stream, records, options, cancellationToken).ConfigureAwait(false);
        await batch.Delivery.ConfigureAwait(false);
        var results = batch.Results.ToArray();
        // The record of a failed result is readable only until its batch is disposed.
        if (Array.TrueForAll(results, static r => r.IsSuccess))
            batch.Dispose();
        return results;
    }

    /// <summary>Throws where a put cannot be carried out with these options.</summary>
    protected virtual void Check(PutOptions? options)
    {
    }
}

/// <summary>The streams of a producer, by name: each comes to life at its first use, and stays unless a derived table closes it.</summary>
internal class StreamTable(Func<string, IProducerStream> create)
{
    private volatile bool _isClosed;

    /// <summary>Whether the producer drains or has drained, and therefore accepts nothing.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Every stream that has been created.</summary>
    public IEnumerable<IProducerStream> All => Entries.Values.Select(static e => e.Stream);

    protected ConcurrentDictionary<string, StreamEntry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns the stream of that name; null where it has not been created.</summary>
    public IProducerStream? Find(string stream) => Entries.TryGetValue(stream, out var found) ? found.Stream : null;

    /// <summary>Returns the stream of that name, which is created at its first use.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public IProducerStream Get(string stream) => GetEntry(stream).Stream;

    /// <summary>Has the stream of that name accept a record.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public virtual ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        Get(stream).EnqueueAsync(record, options, cancellationToken);

    /// <summary>Has the stream of that name accept a batch.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public virtual ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        Get(stream).EnqueueAsync(records, options, cancellationToken);

    /// <summary>Accepts nothing any more.</summary>
    public void Close() => _isClosed = true;

    protected StreamEntry GetEntry(string stream, bool mayDrain = false)
    {
        ObjectDisposedException.ThrowIf(_isClosed && !mayDrain, typeof(IKplProducer));
        if (stream is not null && Entries.TryGetValue(stream, out var found))
            return found;
        StreamName.Check(stream!);
        var entry = Entries.GetOrAdd(stream!, name => NewEntry(name, create));
        OnAdded();
        return entry;
    }

    /// <summary>Makes the entry of a stream that is used for the first time.</summary>
    protected virtual StreamEntry NewEntry(string name, Func<string, IProducerStream> create) => new(name, create);

    /// <summary>Called when an entry was added.</summary>
    protected virtual void OnAdded()
    {
    }
}

/// <summary>A stream in the table, which is made when it is asked for.</summary>
internal class StreamEntry(string name, Func<string, IProducerStream> create)
{
    private readonly Lazy<IProducerStream> _stream = new(() => create(name));

    public string Name => name;

    public IProducerStream Stream => _stream.Value;

    /// <summary>Whether the stream has been made.</summary>
    public bool HasStream => _stream.IsValueCreated;
}
