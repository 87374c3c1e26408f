using Orleans.Kpl.Packed;

namespace Orleans.Kpl;

/// <summary>The part of the outcome that the members of one Kinesis record share, so that a result is two words and allocates nothing.</summary>
/// <remarks>Results may refer to it before the outcome is known, as long as no caller can read them yet: see <see cref="Deliver"/>.</remarks>
internal sealed class SharedOutcome
{
    // Nearly all are delivered, and each Kinesis record has one of these: what only a failure needs stays out of it.
    private Failure? _failure;

    public RecordStatus Status { get; set; }

    public string? ShardId { get; set; }

    public string? SequenceNumber { get; set; }

    public string? ErrorCode
    {
        get => _failure?.Code;
        init => Set(value, static (failure, code) => failure.Code = code);
    }

    public string? ErrorMessage
    {
        get => _failure?.Message;
        init => Set(value, static (failure, message) => failure.Message = message);
    }

    public IReadOnlyList<Attempt> Attempts { get; set; } = [];

    /// <summary>The record itself, if it failed alone.</summary>
    public UserRecord? Record
    {
        get => _failure?.Record;
        init => Set(value, static (failure, record) => failure.Record = record);
    }

    /// <summary>The producer number of the record, if it failed alone and had one.</summary>
    public PackedNumber? Number
    {
        get => _failure?.Number;
        init => Set(value, static (failure, number) => failure.Number = number);
    }

    /// <summary>The source of the record's bytes, if it failed together with others.</summary>
    public FailedRecords? Records
    {
        get => _failure?.Records;
        init => Set(value, static (failure, records) => failure.Records = records);
    }

    /// <summary>Marks the Kinesis record as delivered. Called once, and before its members are counted out: from then on their callers read it.</summary>
    public void Deliver(string shardId, string sequenceNumber, IReadOnlyList<Attempt> attempts) =>
        (Status, ShardId, SequenceNumber, Attempts) = (RecordStatus.Delivered, shardId, sequenceNumber, attempts);

    private void Set<T>(T? value, Action<Failure, T> set)
    {
        if (value is not null)
            set(_failure ??= new Failure(), value);
    }

    private sealed class Failure
    {
        public string? Code { get; set; }

        public string? Message { get; set; }

        public UserRecord? Record { get; set; }

        public PackedNumber? Number { get; set; }

        public FailedRecords? Records { get; set; }
    }
}

/// <summary>
/// Holds the bytes of records that failed together; a record is copied out only on request. A full buffer may expire at one instant,
/// and copying all of it would need twice the allowed memory.
/// </summary>
internal abstract class FailedRecords
{
    /// <summary>Copies the record at a position; null when all results were released.</summary>
    /// <param name="number">Its producer number; null where it has none.</param>
    public abstract UserRecord? Read(int index, out PackedNumber? number);

    /// <summary>Releases one result, which must not be read again. After the last one the memory is reused.</summary>
    public abstract void LetGo();
}
