namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>Why records were not accepted, as their results tell it.</summary>
internal sealed record Refusal(string Code, string Message)
{
    public static Refusal MemoryFull { get; } =
        new(RecordErrorCodes.Dropped, "the memory limit is reached (MaxOutstandingBytes, MaxOutstandingRecords) and HighWaterMode is Drop");

    public static Refusal ShardFull { get; } =
        new(RecordErrorCodes.Dropped, "the shard has more than it can take in half the time-to-live, and HighWaterMode is Drop");

    /// <summary>In Kinesis' own words, which every client of Kinesis knows how to answer: later, and these records alone.</summary>
    public static Refusal ShardStaysFull { get; } =
        new(RecordErrorCodes.Throttled, "the shard has more than it can take in half the time-to-live; the record was not accepted");

    private static Refusal GaveUp { get; } = new(RecordErrorCodes.Canceled, "the caller stopped waiting for memory");

    /// <summary>Returns why the rest of a batch is not accepted after such an exception.</summary>
    public static Refusal Of(Exception reason) => reason switch
    {
        OperationCanceledException => GaveUp,
        ObjectDisposedException => new(RecordErrorCodes.Shutdown, reason.Message),
        _ => new(reason.GetType().Name, reason.Message),
    };
}
