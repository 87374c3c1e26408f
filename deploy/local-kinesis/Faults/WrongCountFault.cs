using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A PutRecords answer whose counts are wrong. Everything was applied as usual.</summary>
public sealed record WrongCountFault : Fault
{
    /// <summary>Added to FailedRecordCount. Default: 1.</summary>
    public int FailedRecordCount { get; init; } = 1;

    /// <summary>How many results are missing at the answer's end. Default: 0.</summary>
    public int MissingResults { get; init; }

    internal override RecordMarks Marks => MissingResults > 0 ? RecordMarks.AnswerLost : RecordMarks.None;

    internal override Task BeforeAsync(FaultedCall call)
    {
        call.FailedRecordCount += FailedRecordCount;
        call.MissingResults += MissingResults;
        return Task.CompletedTask;
    }

    internal override IEnumerable<string> Check() =>
        MissingResults >= 0 ? base.Check() : [.. base.Check(), "missing_results must not be negative"];
}
