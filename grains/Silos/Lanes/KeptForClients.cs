namespace Orleans.Kpl.Silos.Lanes;

/// <summary>
/// Counts the bytes that a silo keeps for clients until they have acknowledged it: outcomes of records, and numbers of batches. Clients that never do must
/// not fill the silo, nor shut out those that do.
/// </summary>
/// <param name="sessions">Returns how many sessions there are.</param>
internal sealed class KeptForClients(Func<int> sessions, long most = KeptForClients.Most)
{
    /// <summary>The most bytes that are kept for all clients.</summary>
    public const long Most = 128 << 20;

    /// <summary>The most that are kept for one session.</summary>
    private const long MostOfOne = 64 << 20;

    private long _all;

    public void Add(long bytes) => Interlocked.Add(ref _all, bytes);

    /// <summary>Whether more may be kept for a session: where there is no room, only while it has less than its part of all.</summary>
    public bool MayAdd(long own) => own < MostOfOne && (Interlocked.Read(ref _all) < most || own < most / Math.Max(1, sessions()));
}
