namespace Orleans.Kpl.Pipeline.Health;

/// <summary>The findings of a host's check of Kinesis, for the producer's health: without records no call would tell.</summary>
internal interface IKinesisFindings
{
    /// <summary>Since when Kinesis is found away, and by which code; null where it is not.</summary>
    (DateTimeOffset Since, string Code)? Away { get; }

    /// <summary>The streams among those asked about that Kinesis does not know, in the order of the names.</summary>
    IReadOnlyList<string> Missing { get; }

    /// <summary>Hears of each record that failed, on its way: it returns at once and never throws.</summary>
    void Failed(string stream, string code);
}
