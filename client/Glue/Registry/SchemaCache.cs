using System.Collections.Concurrent;

namespace Orleans.Kpl.Glue.Registry;

/// <summary>
/// The ids of the versions in use. A schema that is not known is looked up once, however many records ask: they wait for it, within a limit of bytes,
/// and others do not. A known id is used while it is looked up again.
/// </summary>
/// <param name="find">Looks a version up, or registers it. It must not throw before its first wait.</param>
/// <param name="options">Time-to-live, size, limits.</param>
internal sealed class SchemaCache(Func<SchemaKey, string, CancellationToken, Task<Guid>> find, GlueOptions options, TimeProvider time) : IDisposable
{
    /// <summary>The bytes that a waiting record costs beside its data, as in the memory limit of a producer.</summary>
    private const int BytesOfRecord = 160;

    /// <summary>How long a failure answers all who ask. Without it each record would make a call that fails too.</summary>
    public static readonly TimeSpan FailureTime = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SchemaKey, SchemaEntry> _entries = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private long _waiting;
    private bool _isDisposed;

    /// <summary>Is cancelled when the registry is disposed.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>The bytes of records that wait.</summary>
    public long WaitingBytes => Interlocked.Read(ref _waiting);

    /// <summary>Returns the version of a schema.</summary>
    /// <param name="stream">The stream of the record, for the metadata that a registration adds.</param>
    /// <param name="records">How many records wait for the answer.</param>
    /// <param name="bytes">The bytes of their data.</param>
    /// <param name="cancellationToken">Ends this wait, and not the look-up.</param>
    /// <exception cref="GlueSchemaException">There is no version, or too much waits for one.</exception>
    public ValueTask<Guid> GetAsync(SchemaKey key, string stream, int records, long bytes, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (!Volatile.Read(ref _isDisposed) && _entries.TryGetValue(key, out var entry) && entry.Known is { } known
            && !IsOver(known.FoundAt, options.CacheTimeToLive, now))
        {
            entry.UsedAt = now;
            return new(known.Id);
        }

        return GetUnknownAsync(key, stream, bytes + (long)records * BytesOfRecord, now, cancellationToken);
    }

    /// <summary>Ends the look-ups; who waits gets an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            Volatile.Write(ref _isDisposed, true);
        }

        _closing.Cancel();
    }

    private async ValueTask<Guid> GetUnknownAsync(SchemaKey key, string stream, long bytes, long now, CancellationToken cancellationToken)
    {
        Task<SchemaAnswer<Guid>> flight;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(GlueSchemaRegistry));
            var entry = _entries.GetOrAdd(key, static _ => new SchemaEntry());
            entry.UsedAt = now;
            EvictOthers(key);
            // The schema may have been found since it was looked for.
            if (entry.Known is { } found && !IsOver(found.FoundAt, options.CacheTimeToLive, now))
                return found.Id;
            if (entry.Failure is { } failure && !IsOver(entry.FailedAt, FailureTime, now))
                return entry.Known?.Id ?? throw SchemaErrors.Again(failure);
            flight = entry.Flight ??= Task.Run(() => LookUpAsync(key, stream, entry), CancellationToken.None);
            if (entry.Known is { } known)
                return known.Id;
            var waiting = WaitingBytes;
            if (waiting + bytes > options.MaxWaitingBytes)
            {
                throw new GlueSchemaException(GlueErrorCodes.TooManyWaiting,
                    $"records of {waiting} bytes wait for schemas already, and {bytes} more are over {nameof(GlueOptions.MaxWaitingBytes)}, "
                    + $"{options.MaxWaitingBytes}: put fewer at once until '{key.Name}' is known, or raise it");
            }

            Interlocked.Add(ref _waiting, bytes);
        }

        try
        {
            return (await flight.WaitAsync(cancellationToken).ConfigureAwait(false)).GetOrThrow();
        }
        finally
        {
            Interlocked.Add(ref _waiting, -bytes);
        }
    }

    private async Task<SchemaAnswer<Guid>> LookUpAsync(SchemaKey key, string stream, SchemaEntry entry)
    {
        var answer = await SchemaErrors.CatchAsync(() => find(key, stream, _closing.Token), _closing.Token).ConfigureAwait(false);
        lock (_lock)
        {
            entry.Flight = null;
            entry.Failure = answer.Error;
            if (answer.Error is null)
                entry.Known = new KnownVersion(answer.Value, time.GetTimestamp());
            else
                entry.FailedAt = time.GetTimestamp();
            // The registry has it no more: frames with it would be unreadable.
            if (answer.Error is GlueSchemaException { Code: GlueErrorCodes.NotRegistered or GlueErrorCodes.NotAvailable })
                entry.Known = null;
        }

        return answer;
    }

    /// <summary>Makes room for one more: what was unused for longest leaves, unless it is being looked up.</summary>
    private void EvictOthers(SchemaKey key)
    {
        while (_entries.Count > options.CacheSize)
        {
            var oldest = _entries.Where(e => e.Value.Flight is null && e.Key != key).MinBy(static e => e.Value.UsedAt);
            if (oldest.Value is null || !_entries.TryRemove(oldest.Key, out _))
                return;
        }
    }

    private bool IsOver(long since, TimeSpan limit, long now) => time.GetElapsedTime(since, now) >= limit;
}

/// <summary>The state of one schema in the cache. Only <see cref="Known"/> and <see cref="UsedAt"/> are read without the lock of the cache.</summary>
internal sealed class SchemaEntry
{
    private volatile KnownVersion? _known;

    public KnownVersion? Known
    {
        get => _known;
        set => _known = value;
    }

    /// <summary>When a record last asked.</summary>
    public long UsedAt { get; set; }

    /// <summary>The look-up under way: one at a time.</summary>
    public Task<SchemaAnswer<Guid>>? Flight { get; set; }

    /// <summary>Why the last look-up failed; null after a success.</summary>
    public Exception? Failure { get; set; }

    /// <summary>When it failed.</summary>
    public long FailedAt { get; set; }
}

/// <summary>The key by which a version is looked up.</summary>
/// <param name="Name">The schema's name in the registry.</param>
internal readonly record struct SchemaKey(GlueSchema Schema, string Name);

/// <summary>A version that was found, and when.</summary>
/// <param name="FoundAt">The time stamp of the answer.</param>
internal sealed record KnownVersion(Guid Id, long FoundAt);
