using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Pipeline.Road;

/// <summary>One stream of a producer, as far as every producer treats its streams alike.</summary>
internal interface IProducerStream
{
    /// <summary>The stream's name.</summary>
    string Stream { get; }

    /// <summary>Accepts a record.</summary>
    ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>Accepts a batch.</summary>
    ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>When the oldest record that has no outcome yet was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt();

    /// <summary>Sends every record accepted before this call without linger, and completes when each has its outcome.</summary>
    Task FlushAsync();

    /// <summary>Sends records that would otherwise linger, where that frees memory for a waiting caller.</summary>
    void Relieve();

    /// <summary>Rejects every caller that waits for memory.</summary>
    void RejectWaiters(Exception reason);
}

/// <summary>The streams of a producer, by name: each comes to life at its first use, and stays.</summary>
internal class StreamTable<
    // The use of Lazy requires this in a trimmed program; no stream is created through that constructor.
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TStream>(Func<string, TStream> create)
    where TStream : class, IProducerStream
{
    private volatile bool _isClosed;

    /// <summary>Whether the producer drains or has drained, and therefore accepts nothing.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Every stream that has been created.</summary>
    public IEnumerable<TStream> All => Entries.Values.Select(static e => e.Stream);

    protected ConcurrentDictionary<string, StreamEntry<TStream>> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns the stream of that name; null where it has not been created.</summary>
    public TStream? Find(string stream) => Entries.TryGetValue(stream, out var found) ? found.Stream : null;

    /// <summary>Returns the stream of that name, which is created at its first use.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public TStream Get(string stream) => GetEntry(stream).Stream;

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

    protected StreamEntry<TStream> GetEntry(string stream)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(IKplProducer));
        if (stream is not null && Entries.TryGetValue(stream, out var found))
            return found;
        StreamName.Check(stream!);
        var entry = Entries.GetOrAdd(stream!, name => NewEntry(name, create));
        OnAdded();
        return entry;
    }

    /// <summary>Makes the entry of a stream that is used for the first time.</summary>
    protected virtual StreamEntry<TStream> NewEntry(string name, Func<string, TStream> create) => new(name, create);

    /// <summary>Called when an entry was added.</summary>
    protected virtual void OnAdded()
    {
    }
}

/// <summary>A stream in the table, which is made when it is asked for.</summary>
internal class StreamEntry<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TStream>(string name, Func<string, TStream> create)
    where TStream : class
{
    private readonly Lazy<TStream> _stream = new(() => create(name));

    public string Name => name;

    public TStream Stream => _stream.Value;

    /// <summary>Whether the stream has been made.</summary>
    public bool HasStream => _stream.IsValueCreated;
}
