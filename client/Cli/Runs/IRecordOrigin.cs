using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>Where a record came from, and where its outcome is told.</summary>
internal interface IRecordOrigin
{
    /// <summary>Is told the outcome of a record, once. It must not block.</summary>
    /// <param name="number">The number that the origin gave the record.</param>
    /// <param name="end">What became of the record by it.</param>
    void OnEnded(long number, in PutOutcome outcome, RecordEnd end);
}
