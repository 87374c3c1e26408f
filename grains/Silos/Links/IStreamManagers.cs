using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// The managers of the streams, one for each stream in the whole cluster, by the streams' canonical names. A call may fail with any
/// exception, whether it was carried out or not.
/// </summary>
internal interface IStreamManagers
{
    /// <summary>Reads the open shards; a reading that begins after the call. Calls at the same time share it.</summary>
    /// <exception cref="KinesisException">The manager's answer: Kinesis did not return them.</exception>
    Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream);

    /// <summary>Reads the closed shards that still hold records.</summary>
    /// <exception cref="KinesisException">The manager's answer: Kinesis did not return them.</exception>
    Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream);

    /// <summary>Reads the status, record limit and creation time of the stream.</summary>
    /// <exception cref="KinesisException">The manager's answer: Kinesis did not return them.</exception>
    Task<StreamSummary> DescribeAsync(string stream);

    /// <summary>Adds failures to the stream's list.</summary>
    Task ReportFailuresAsync(string stream, FailureBatch failures);

    /// <summary>Keeps dead letters. They are durable when this returns; a report that comes twice is kept once.</summary>
    Task SetAsideAsync(string stream, DeadLetterBatch report);

    /// <summary>Continues the operation and the policy that are stored for the stream.</summary>
    Task WakeAsync(string stream);
}

/// <summary>Failures of one stream that a silo reports together.</summary>
/// <param name="Entries">The failures, in the order that they happened.</param>
/// <param name="LeftOut">How many more there were: too many to be reported.</param>
internal sealed record FailureBatch(IReadOnlyList<FailureEntry> Entries, long LeftOut = 0);

/// <summary>One record that failed.</summary>
/// <param name="EndedAt">When it failed, by the clock of its silo.</param>
/// <param name="Silo">The silo that accepted it, as users see it; empty where it is not known.</param>
/// <param name="Number">Its place in the stream's list, from 1; 0 before it has one.</param>
internal sealed record FailureEntry(DateTimeOffset EndedAt, string Silo, RecordResult Result, long Number = 0);

/// <summary>Some of the failures of a stream's list.</summary>
/// <param name="Entries">The failures, oldest first.</param>
/// <param name="Next">The number to go on with.</param>
/// <param name="HasMore">Whether there are later ones already.</param>
/// <param name="Missed">How many before the first are in the list no more.</param>
/// <param name="Since">When the list was begun.</param>
internal sealed record FailureEntryPage(IReadOnlyList<FailureEntry> Entries, long Next, bool HasMore, long Missed, DateTimeOffset Since);

/// <summary>Dead letters of one stream that a silo hands to the stream's manager.</summary>
/// <param name="Id">Names the report: it is sent again under this name until it is answered.</param>
/// <param name="Silo">The silo that hands them over, as users see it; empty where it is not known.</param>
internal sealed record DeadLetterBatch(Guid Id, IReadOnlyList<DeadLetter> Letters, string Silo);

/// <summary>Says that a stream's list of failures has grown.</summary>
/// <param name="Stream">The stream, by its canonical name.</param>
/// <param name="Last">The number of the last failure.</param>
/// <param name="Count">How many came since the last notice of the same list.</param>
/// <param name="Since">When the list was begun.</param>
internal sealed record FailureNotice(string Stream, long Last, long Count, DateTimeOffset Since);
