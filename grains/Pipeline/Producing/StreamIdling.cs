namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>When a stream counts as idle.</summary>
internal static class StreamIdling
{
    /// <summary>How long a stream is unused before it closes, in every producer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
}
