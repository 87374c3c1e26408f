namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>Records fail one by one, by default with InternalFailure, which says nothing about whether they were stored.</summary>
public sealed record RecordErrorFault : RecordFault
{
    /// <summary>The error code. Default: InternalFailure.</summary>
    public string Code { get; init; } = "InternalFailure";

    /// <summary>Whether the record is stored although its producer is told that it failed. Default: false.</summary>
    public bool Applied { get; init; }

    internal override string ErrorCode => Code;

    internal override bool AppliesRecord => Applied;

    internal override string Message(string shardId, string stream) => "Internal service failure.";
}
