namespace Orleans.Kpl.LocalKinesis;

/// <summary>
/// What the account says about an applied record beyond its content. Records with a mark from <see cref="AnswerLost"/> on are
/// ambiguous to their producer.
/// </summary>
[Flags]
public enum RecordMarks : byte
{
    /// <summary>Applied and answered in the ordinary way.</summary>
    None = 0,

    /// <summary>The producer gave an explicit hash key; the record's hash is that key.</summary>
    ExplicitHashKey = 1,

    /// <summary>Applied, but a fault kept the answer from being sent, or sent whole.</summary>
    AnswerLost = 2,

    /// <summary>Applied after the client had given up.</summary>
    AppliedLate = 4,

    /// <summary>Applied, though the answer says that it failed.</summary>
    ToldFailed = 8,

    /// <summary>Applied, and the answer was held back: a client may have given up before it came.</summary>
    AnswerDelayed = 16,
}
