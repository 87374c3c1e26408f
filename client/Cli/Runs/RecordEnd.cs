namespace Orleans.Kpl.Cli.Runs;

/// <summary>What became of a record of a run.</summary>
internal enum RecordEnd
{
    /// <summary>Kinesis has it, or the backlog has it and delivers it.</summary>
    Delivered,

    /// <summary>It failed, and the fallback's file has it.</summary>
    Kept,

    /// <summary>It failed for good.</summary>
    Failed,

    /// <summary>It was not delivered, and may be when it is read again.</summary>
    Open,
}
