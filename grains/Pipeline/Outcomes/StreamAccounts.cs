namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>The books of one stream.</summary>
internal sealed class StreamAccounts
{
    private long _accepted;
    private long _delivered;
    private long _failed;
    private long _unknown;

    public void Accepted(int count) => Interlocked.Add(ref _accepted, count);

    public void Delivered(int count) => Interlocked.Add(ref _delivered, count);

    public void Failed(int count) => Interlocked.Add(ref _failed, count);

    public void Unknown(int count) => Interlocked.Add(ref _unknown, count);

    /// <summary>
    /// A snapshot that adds up: ends are read before acceptances, so what is in flight is never negative.
    /// </summary>
    public StreamLedger Read()
    {
        var delivered = Interlocked.Read(ref _delivered);
        var failed = Interlocked.Read(ref _failed);
        var unknown = Interlocked.Read(ref _unknown);
        var accepted = Interlocked.Read(ref _accepted);
        return new StreamLedger(accepted, delivered, failed, unknown, accepted - delivered - failed - unknown, 0, 0);
    }
}
