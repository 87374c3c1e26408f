namespace Orleans.Kpl;

/// <summary>What one put may ask for beside the stream's settings.</summary>
public sealed record PutOptions
{
    /// <summary>No linger: the records leave at once, together with what waits for the same shards. Default false.</summary>
    public bool Immediate { get; init; }

    /// <summary>
    /// Ends these records with code <c>Expired</c> when they are not delivered by then. Default null: the stream's
    /// <c>RecordTtl</c>. At least 1 millisecond, at most 24 days.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>When the put counts as answered. Default null: the stream's <c>AckLevel</c>.</summary>
    public AckLevel? AckLevel { get; init; }

    /// <summary>Options of a put without linger.</summary>
    public static PutOptions WithoutLinger { get; } = new() { Immediate = true };
}
