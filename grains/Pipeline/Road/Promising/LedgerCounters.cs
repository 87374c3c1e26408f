namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>The ledger counters of one stream.</summary>
internal sealed class LedgerCounters
{
    private readonly Lock _rare = new();
    private long _accepted;
    private long _delivered;
    private long _failed;
    private long _unknown;
    private long _inBacklog;
    private long _deadLettered;
    private long _requeued;

    /// <summary>
    /// How many dead letters were accepted anew and are dead letters no more: a counter that only grows, such as <c>UserRecordsReceived</c>, has them twice.
    /// </summary>
    public long RequeuedTotal => Interlocked.Read(ref _requeued);

    public void Accepted(long count) => Interlocked.Add(ref _accepted, count);

    public void Delivered(int count) => Interlocked.Add(ref _delivered, count);

    public void Failed(int count) => Interlocked.Add(ref _failed, count);

    public void Unknown(long count) => Interlocked.Add(ref _unknown, count);

    /// <summary>Counts records in flight that are now in the durable backlog.</summary>
    public void IntoBacklog(long count) => Interlocked.Add(ref _inBacklog, count);

    /// <summary>Counts records of an earlier process that were found in the backlog.</summary>
    public void Found(long count)
    {
        Accepted(count);
        IntoBacklog(count);
    }

    /// <summary>Counts dead letters that an earlier process had set aside.</summary>
    public void FoundDeadLetters(int count)
    {
        Accepted(count);
        Interlocked.Add(ref _deadLettered, count);
    }

    public void FromBacklogToDelivered(int count)
    {
        IntoBacklog(-count);
        Delivered(count);
    }

    /// <summary>Counts records of the backlog that another process took over, or that cannot be read.</summary>
    public void FromBacklogToUnknown(long count)
    {
        IntoBacklog(-count);
        Unknown(count);
    }

    public void FromBacklogToDeadLetters(int count)
    {
        IntoBacklog(-count);
        Interlocked.Add(ref _deadLettered, count);
    }

    public void FromDeadLettersToFailed(int count)
    {
        lock (_rare)
        {
            Interlocked.Add(ref _deadLettered, -count);
            Failed(count);
        }
    }

    /// <summary>Counts dead letters that were accepted anew: they are not dead letters any more, and count as accepted only once.</summary>
    public void Requeued(int count)
    {
        lock (_rare)
        {
            Interlocked.Add(ref _deadLettered, -count);
            Interlocked.Add(ref _requeued, count);
            Accepted(-count);
        }
    }

    /// <summary>Returns a consistent snapshot: outcomes are read before the accepted count, so the number in flight is never negative.</summary>
    public StreamLedger Read()
    {
        lock (_rare)
        {
            var delivered = Interlocked.Read(ref _delivered);
            var failed = Interlocked.Read(ref _failed);
            var unknown = Interlocked.Read(ref _unknown);
            var dead = Interlocked.Read(ref _deadLettered);
            var backlog = Interlocked.Read(ref _inBacklog);
            var accepted = Interlocked.Read(ref _accepted);
            return new StreamLedger(accepted, delivered, failed, unknown, accepted - delivered - failed - unknown - backlog - dead, backlog, dead);
        }
    }
}
