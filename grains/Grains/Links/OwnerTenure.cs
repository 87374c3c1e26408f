namespace Orleans.Kpl.Grains.Links;

/// <summary>
/// A shard of an ordered stream goes to one owner at a time; this is one owner's turn, with what is there. Frames go one after the other.
/// It ends with the first record that comes back, or when the shard is to go elsewhere; the next one begins when nothing of this one is
/// under way any more.
/// </summary>
/// <remarks>Guarded by the lane it belongs to, but for what never changes.</remarks>
internal sealed class OwnerTenure(string shardId, long number, Outbox owner, Action<OwnerTenure, SentFrame?> told)
{
    private readonly SortedList<long, SentFrame> _givenBack = [];

    public string ShardId => shardId;

    /// <summary>Grows with each turn of a stream at this silo.</summary>
    public long Number => number;

    public Outbox Owner => owner;

    /// <summary>Nothing more is sent.</summary>
    public bool IsEnding { get; set; }

    /// <summary>A frame is being sent.</summary>
    public bool IsSending { get; set; }

    /// <summary>Frames of which records have neither ended nor come back.</summary>
    public int Open { get; set; }

    /// <summary>Records have come to their ends there.</summary>
    public bool WasOfUse { get; private set; }

    /// <summary>Records came back.</summary>
    public bool HasGivenBack => _givenBack.Count > 0;

    /// <summary>Nothing of it is anywhere any more.</summary>
    public bool IsOver => IsEnding && !IsSending && Open == 0;

    /// <summary>The frame that was being sent has arrived, or nobody is there any more. Called under no lock.</summary>
    public void Arrived() => told(this, null);

    /// <summary>Each record of a frame has ended or come back. Called under no lock, once for each frame.</summary>
    public void Settled(SentFrame sent) => told(this, sent);

    /// <summary>Counts out a frame; what came back of it is kept.</summary>
    public void Count(SentFrame sent)
    {
        Open--;
        WasOfUse |= sent.GivenBack < sent.Frame.Records.Length;
        if (sent.GivenBack == 0)
            return;
        IsEnding = true;
        _givenBack[sent.First] = sent;
    }

    /// <summary>Adds what came back to a queue, in the order it went.</summary>
    public void AddGivenBackTo(FrameQueue queue)
    {
        foreach (var sent in _givenBack.Values)
            sent.AddGivenBackTo(queue);
    }
}
