using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>A record that ended without success, as administration reports it: without its data.</summary>
public sealed record FailedRecord
{
    /// <summary>Its number in the stream's list, from 1; later failures have higher numbers.</summary>
    public long Number { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>The silo that accepted the record; null for an embedded producer, empty where it is not known.</summary>
    public string? Process { get; init; }

    /// <summary>The hash key that decided the record's shard; null where the record is not there any more.</summary>
    public UInt128? HashKey { get; init; }

    /// <summary>The partition key if <c>LogKeys</c> is on; null otherwise.</summary>
    public string? PartitionKey { get; init; }

    /// <summary>
    /// The record's producer number, <c>PRODUCER.LINE.NUMBER</c>: a consumer that looks for missing numbers is right to miss this one. Null where the
    /// record has none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProducerNumber { get; init; }

    /// <summary>Whether it failed, or its outcome is unknown.</summary>
    public RecordStatus Status { get; init; }

    /// <summary>Kinesis' code or one of <see cref="RecordErrorCodes"/>.</summary>
    public required string ErrorCode { get; init; }

    /// <summary>The message for the code.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The number of attempts, including those that <see cref="Attempts"/> leaves out.</summary>
    public int AttemptCount { get; init; }

    /// <summary>The attempts, in order; if there were very many, only the first and the latest.</summary>
    public IReadOnlyList<Attempt> Attempts { get; init; } = [];

    /// <summary>The next step.</summary>
    public string Advice { get; init; } = "";
}

/// <summary>A page of a stream's failures.</summary>
public sealed record FailedRecordPage
{
    /// <summary>The failures, oldest first; empty when there are no later ones.</summary>
    public IReadOnlyList<FailedRecord> Failures { get; init; } = [];

    /// <summary>The number for the next request: that of the last failure on this page; on the last page that of the latest failure, listed or not.</summary>
    public long Next { get; init; }

    /// <summary>Whether later failures already exist.</summary>
    public bool HasMore { get; init; }

    /// <summary>How many failures after the requested number, up to <see cref="Next"/>, are not in the list, or no longer.</summary>
    public long Missed { get; init; }

    /// <summary>When the list was begun. Numbers of an earlier list have no meaning in this one.</summary>
    public DateTimeOffset Since { get; init; }
}
