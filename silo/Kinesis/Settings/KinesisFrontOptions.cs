namespace Orleans.Kpl.Kinesis.Settings;

/// <summary>What clients of the Kinesis front get: section <c>Kpl:Front</c>.</summary>
internal sealed class KinesisFrontOptions
{
    /// <summary>
    /// How long a put waits for room at most, into an ordered stream a quarter of a second, and the time-to-live of its records from then on.
    /// A call to Kinesis that is under way is awaited, so that
    /// no answer is a guess. Default 5 s; 100 ms to 5 min.
    /// </summary>
    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// When a put is answered: <see cref="AckLevel.Delivered"/> with the sequence number, or <see cref="AckLevel.Persisted"/>, in the durable backlog,
    /// with sequence number 0. Default delivered.
    /// </summary>
    public AckLevel Ack { get; set; } = AckLevel.Delivered;

    /// <summary>The regions that signatures may be for; empty for any. Default empty.</summary>
    public IReadOnlyList<string> SignedRegions { get; set; } = [];

    /// <summary>
    /// Host names, with their port where clients send one, that signatures may be for in addition to the one that the request has: for proxies that
    /// change it. Default empty.
    /// </summary>
    public IReadOnlyList<string> SignedHosts { get; set; } = [];
}
