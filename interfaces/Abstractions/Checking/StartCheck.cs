namespace Orleans.Kpl;

/// <summary>What a host does at its start about its way to Kinesis.</summary>
public enum StartCheck
{
    /// <summary>Nothing is asked.</summary>
    Off,

    /// <summary>The answers are logged once. The start does not wait for them.</summary>
    Log,

    /// <summary>The start waits for the answers, and fails where one of them is bad.</summary>
    Fail,
}
