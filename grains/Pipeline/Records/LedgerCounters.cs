namespace Orleans.Kpl.Pipeline.Records;

/// <summary>The books of one stream.</summary>
internal sealed class LedgerCounters
{
    private readonly Lock _rare = new();
    private long _accepted;
    private long _delivered;
    private long _failed;
    private long _unknown;
    private long _inBacklog;
    private long _deadLettered;

    public void Accepted(int count) => Interlocked.Add(ref _accepted, count);

    public void Delivered(int count) => Interlocked.Add(ref _delivered, count);

    public void Failed(int count) => Interlocked.Add(ref _failed, count);

    public void Unknown(int count) => Interlocked.Add(ref _unknown, count);

    /// <summary>Records in flight are in the durable backlog now.</summary>
    public void IntoBacklog(int count) => Interlocked.Add(ref _inBacklog, count);

    /// <summary>Records of an earlier process were found in the backlog.</summary>
    public void Found(int count)
    {
        Accepted(count);
        IntoBacklog(count);
    }

    /// <summary>Records were found that an earlier process had set aside.</summary>
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

    /// <summary>Another process has them, or nobody can read them.</summary>
    public void FromBacklogToUnknown(int count)
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

    /// <summary>Dead letters were accepted anew: they are no dead letters any more, and were accepted once.</summary>
    public void Requeued(int count)
    {
        lock (_rare)
        {
            Interlocked.Add(ref _deadLettered, -count);
            Accepted(-count);
        }
    }

    /// <summary>
    /// A snapshot that adds up: ends are read before what they come from, so what is in flight is never negative.
    /// </summary>
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
