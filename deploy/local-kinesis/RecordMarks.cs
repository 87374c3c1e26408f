namespace Orleans.Kpl.LocalKinesis;

/// <summary>What the account says about an applied record beyond its content.</summary>
[Flags]
public enum RecordMarks : byte
{
    /// <summary>Applied and answered in the ordinary way.</summary>
    None = 0,

    /// <summary>The producer gave an explicit hash key; the record's hash is that key.</summary>
    ExplicitHashKey = 1,
}
