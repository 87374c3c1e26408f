using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// The tenure of one owner of an ordered stream's shard, with the frames that are there. A shard has one owner at a time, and frames go one
/// after the other. A tenure ends with the first record that comes back or that the owner does not answer for, or when the shard must
/// go elsewhere. The next one begins when nothing of this one is under way any more.
/// </summary>
/// <remarks>Guarded by the shard queue it belongs to, except for its immutable members and <see cref="BreakOff"/>.</remarks>
internal sealed class OwnerTenure(string shardId, long number, Outbox owner, Action<OwnerTenure, OutgoingFrame?> told)
{
    private readonly SortedList<long, OutgoingFrame> _givenBack = [];
    private volatile bool _isEnding;

    public string ShardId => shardId;

    /// <summary>The number of the tenure; it grows with each tenure of a stream at this silo.</summary>
    public long Number => number;

    public Outbox Owner => owner;

    /// <summary>Whether nothing more is sent.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Whether a frame is being sent.</summary>
    public bool IsSending { get; set; }

    /// <summary>The number of frames with records that have neither an outcome nor come back.</summary>
    public int Open { get; set; }

    /// <summary>Whether the owner has completed records.</summary>
    public bool WasOfUse { get; private set; }

    /// <summary>Whether records came back.</summary>
    public bool HasGivenBack => _givenBack.Count > 0;

    /// <summary>Whether the tenure is over: nothing of it is under way any more.</summary>
    public bool IsOver => IsEnding && !IsSending && Open == 0;

    /// <summary>Reports that the frame being sent has arrived, or that the owner is gone. Called under no lock.</summary>
    public void Arrived() => told(this, null);

    /// <summary>Reports that each record of a frame has its outcome or has come back. Called under no lock, once for each frame.</summary>
    public void Ended(OutgoingFrame sent) => told(this, sent);

    /// <summary>Sends nothing more. Where the owner does not answer for a record, called under the outbox's lock, before the frame leaves its table.</summary>
    public void BreakOff() => _isEnding = true;

    /// <summary>Counts out a frame; its records that came back are kept.</summary>
    public void Count(OutgoingFrame sent)
    {
        Open--;
        WasOfUse |= !sent.IsGivenUp && sent.GivenBack < sent.Count;
        // A silo that does not answer may not own the shard any more.
        if (sent.IsGivenUp || sent.GivenBack > 0)
            BreakOff();
        if (sent.GivenBack > 0)
            _givenBack[sent.First] = sent;
    }

    /// <summary>When the first of the records expires that came back; <see cref="long.MaxValue"/> for none.</summary>
    public long EarliestExpiry() => _givenBack.Values.Select(static f => f.EarliestBackExpiry).DefaultIfEmpty(long.MaxValue).Min();

    /// <summary>Ends the records that came back and whose time-to-live is over: others of the tenure may be under way for longer.</summary>
    /// <param name="at">The same as wall-clock time.</param>
    public void TakeExpired(long now, DateTimeOffset at, List<ForwardedOutcome> ends)
    {
        foreach (var sent in _givenBack.Values)
            sent.TakeExpiredBack(now, at, ends);
    }

    /// <summary>Adds the records that came back to a queue, in the order they were sent.</summary>
    public void AddGivenBackTo(FrameQueue queue)
    {
        foreach (var sent in _givenBack.Values)
            sent.AddGivenBackTo(queue);
    }
}
