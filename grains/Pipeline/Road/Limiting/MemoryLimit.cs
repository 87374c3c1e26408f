namespace Orleans.Kpl.Pipeline.Road.Limiting;

/// <summary>
/// Limits the bytes and the records in memory, of a process or of one of its streams: a record needs memory under both. Callers that find it full wait in
/// line; those in line are served first.
/// </summary>
/// <remarks>A record larger than the whole limit is admitted when nothing else is in memory, so that it is never stuck.</remarks>
/// <param name="maxRecords">The most records in memory; 0 for no limit.</param>
/// <param name="process">The limit of the process that the stream belongs to; null for that one itself.</param>
internal abstract class MemoryLimit(long maxBytes, long maxRecords, MemoryLimit? process)
{
    private long _bytes;
    private long _records;

    /// <summary>How many callers wait in line.</summary>
    protected int Waiting;

    /// <summary>Why nothing is reserved any more; null while it is.</summary>
    public string? Closed { get; protected set; }

    /// <summary>The limit itself.</summary>
    public (long Bytes, long Records) Most { get; } = (maxBytes, maxRecords == 0 ? long.MaxValue : maxRecords);

    public long Bytes => Interlocked.Read(ref _bytes);

    public long Records => Interlocked.Read(ref _records);

    public MemoryLimit? Process => process;

    public bool HasWaiters => Volatile.Read(ref Waiting) > 0;

    /// <summary>Reserves memory if there is enough and no caller waits in line.</summary>
    /// <param name="put">What the caller of the put asked for; null for nothing.</param>
    public bool TryReserve(long bytes, int records, PutOptions? put = null)
    {
        if (HasWaiters || Closed is not null)
            return false;
        if (!Take(bytes, records, put))
        {
            // The memory that was reserved and given back may be enough for a caller in line.
            ServeLine();
            return false;
        }

        if (process is null || process.TryReserve(bytes, records))
            return true;
        GiveBack(bytes, records);
        return false;
    }

    /// <summary>Reserves memory, waiting in line if need be.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing was reserved.</exception>
    public abstract ValueTask ReserveAsync(long bytes, int records, PutOptions? put, CancellationToken cancellationToken);

    /// <summary>Reserves memory, above the limit too, for records that are already accepted.</summary>
    public void Charge(long bytes, int records)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _records, records);
        process?.Charge(bytes, records);
    }

    public void Release(long bytes, int records)
    {
        GiveBack(bytes, records);
        process?.Release(bytes, records);
    }

    /// <summary>Rejects all callers in line and all later ones, each with an <see cref="ObjectDisposedException"/> of its own.</summary>
    public abstract void Close(string reason);

    /// <summary>Lets callers in line have what there is.</summary>
    protected abstract void ServeLine();

    /// <summary>Releases memory here, and not of the process.</summary>
    protected void GiveBack(long bytes, int records)
    {
        Interlocked.Add(ref _bytes, -bytes);
        Interlocked.Add(ref _records, -records);
        if (HasWaiters)
            ServeLine();
    }

    /// <summary>Returns how much there may be with what such a put brings.</summary>
    protected virtual (long Bytes, long Records) MostWith(PutOptions put) => Most;

    /// <summary>Takes memory if there is enough, whoever waits in line.</summary>
    protected bool Take(long bytes, int records, PutOptions? put)
    {
        var (mostBytes, mostRecords) = put is null ? Most : MostWith(put);
        var bytesNow = Interlocked.Add(ref _bytes, bytes);
        var recordsNow = Interlocked.Add(ref _records, records);
        var alone = bytesNow == bytes && recordsNow == records;
        if (alone || bytesNow <= mostBytes && recordsNow <= mostRecords)
            return true;
        Interlocked.Add(ref _bytes, -bytes);
        Interlocked.Add(ref _records, -records);
        return false;
    }
}
