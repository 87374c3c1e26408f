namespace Orleans.Kpl.Deaggregation;

/// <summary>What is known of the MD5 at the end of a Kinesis record's data.</summary>
internal enum Trailer
{
    /// <summary>It was not looked at.</summary>
    Unknown = 0,

    /// <summary>It is that of the message: the data are an aggregate.</summary>
    Right,

    /// <summary>It is not, or the data do not look like an aggregate.</summary>
    Wrong,
}
