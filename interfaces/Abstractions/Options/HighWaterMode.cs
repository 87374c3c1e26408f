namespace Orleans.Kpl;

/// <summary>What happens to a record when there is no room.</summary>
public enum HighWaterMode
{
    /// <summary>The caller waits. The default.</summary>
    Block = 0,

    /// <summary>The record fails at once with code <c>Dropped</c>.</summary>
    Drop,

    /// <summary>The record goes to the durable backlog.</summary>
    Spill,
}
