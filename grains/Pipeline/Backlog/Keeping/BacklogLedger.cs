using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>The ledger of a stream some of whose records may be in a durable backlog: here, or at the silo that took them.</summary>
internal sealed class BacklogLedger : LedgerCounters
{
    private readonly Lock _rare = new();
    private long _inBacklog;
    private long _deadLettered;
    private long _requeued;

    /// <summary>
    /// How many dead letters were accepted anew and are dead letters no more: a counter that only grows, such as <c>UserRecordsReceived</c>, has them twice.
    /// </summary>
    public long RequeuedTotal => Interlocked.Read(ref _requeued);

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
        NotDelivered(RecordStatus.Unknown, count);
    }

    public void FromBacklogToDeadLetters(int count)
    {
        IntoBacklog(-count);
        Interlocked.Add(ref _deadLettered, count);
    }

    /// <summary>Counts dead letters that were dropped, or that cannot be read.</summary>
    public void FromDeadLettersTo(RecordStatus status, int count)
    {
        lock (_rare)
        {
            Interlocked.Add(ref _deadLettered, -count);
            NotDelivered(status, count);
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

    public override StreamLedger Read()
    {
        lock (_rare)
            return base.Read();
    }

    protected override (long Kept, long Dead) ReadKept()
    {
        var dead = Interlocked.Read(ref _deadLettered);
        return (Interlocked.Read(ref _inBacklog), dead);
    }
}
