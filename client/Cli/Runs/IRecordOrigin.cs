using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>The source of a record, which is told its outcome.</summary>
internal interface IRecordOrigin
{
    /// <summary>Is told the outcome of a record, once. It must not block.</summary>
    void End(long number, in PutOutcome outcome, RecordEnd end);

    /// <summary>Says for people where a record was read; null where nothing tells more than its number among all.</summary>
    string? Describe(long number) => null;
}

/// <summary>The end of a record of a run.</summary>
internal enum RecordEnd
{
    /// <summary>Kinesis, the backlog or the fallback's file has it.</summary>
    Kept,

    /// <summary>It failed for good.</summary>
    Failed,

    /// <summary>It was not delivered, and may be when it comes again.</summary>
    Open,
}
