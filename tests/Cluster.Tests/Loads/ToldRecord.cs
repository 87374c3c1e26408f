namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>What its caller was told of one record.</summary>
/// <param name="Number">Names the record: key and data follow from it.</param>
/// <param name="Status">Its end; <see cref="RecordStatus.Unknown"/> where no answer came either.</param>
/// <param name="ShardId">Where it is, when delivered.</param>
/// <param name="SequenceNumber">Under which number.</param>
/// <param name="Code">Why it is not.</param>
/// <param name="PutAt">When it was put, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="ToldAt">When its end was told.</param>
internal sealed record ToldRecord(int Number, RecordStatus Status, string? ShardId, string? SequenceNumber, string? Code, long PutAt, long ToldAt)
{
    /// <summary>The caller's connection broke: the front is gone.</summary>
    public const string NoAnswer = "NoAnswer";

    /// <summary>The front refused it, it was never accepted.</summary>
    public const string Refused = "Refused";

    /// <summary>429: there was no memory for it, and nothing of its request was taken.</summary>
    public const string Full = "Full";

    public bool IsDelivered => Status == RecordStatus.Delivered;

    /// <summary>Whether the tier has answered for it: it is in Kinesis, or will be.</summary>
    public bool IsAcknowledged => Status is RecordStatus.Delivered or RecordStatus.Persisted;

    public static string KeyOf(int number) => $"key-{number}";

    public static string DataOf(int number) => $"data-{number}";
}
