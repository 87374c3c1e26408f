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

    internal override void Before(FaultedCall call)
    {
        call.FailedRecordCount += FailedRecordCount;
        call.MissingResults += MissingResults;
    }

    internal override IEnumerable<string> Check() => MissingResults >= 0 ? [] : ["missing_results must not be negative"];
}

/// <summary>Put answers carry sequence numbers below those of every earlier record. The account and readers see the true ones.</summary>
public sealed record FallingSequenceNumberFault : Fault
{
    internal override void Before(FaultedCall call) => call.FallingSequenceNumbers = true;
}

/// <summary>A GetRecords answer is empty though data follows.</summary>
public sealed record EmptyPageFault : Fault
{
    internal override void Before(FaultedCall call) => call.EmptyPage = true;
}

/// <summary>ListShards and DescribeStream show the shards as they were some time ago.</summary>
public sealed record StaleMapFault : Fault
{
    /// <summary>How old the shown shards are. Default: 5 s.</summary>
    public TimeSpan Lag { get; init; } = TimeSpan.FromSeconds(5);

    internal override void Before(FaultedCall call) => call.ListingLag = Lag;

    internal override IEnumerable<string> Check() => Lag >= TimeSpan.Zero ? [] : ["lag must not be negative"];
}

/// <summary>
/// The service's clock is off: requests signed at the true time are refused when the difference exceeds 5 minutes, checked or not,
/// and the Date header shows the service's time.
/// </summary>
public sealed record ClockSkewFault : Fault
{
    /// <summary>How far the service's clock is ahead; negative: behind. Default: 20 minutes.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromMinutes(20);

    internal override bool ActsBeforeBody => true;

    internal override void Before(FaultedCall call) => call.SkewClock(Skew);
}
