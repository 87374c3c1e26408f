namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>Hands out lines of producer numbers: one for each open aggregate and its successors, so that no two count together.</summary>
internal sealed class ProducerNumbers(Random random)
{
    private readonly ulong _producer = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    private int _lines;

    /// <summary>The first number of a new line.</summary>
    public ProducerNumber NewLine() => new(_producer, Interlocked.Increment(ref _lines), 0);
}
