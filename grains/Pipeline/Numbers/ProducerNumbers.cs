namespace Orleans.Kpl.Pipeline.Numbers;

/// <summary>Hands out lines of producer numbers: one for each open aggregate and its successors, so that no two count together.</summary>
internal sealed class ProducerNumbers(Random random)
{
    private readonly ulong _producer = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    private int _lines;

    /// <summary>The first number of a new line.</summary>
    public ProducerNumber NewLine() => new(_producer, Interlocked.Increment(ref _lines), 0);
}

/// <summary>The numbers of records that do not reach an aggregate at once. Not thread-safe.</summary>
/// <param name="newLine">Returns the first number of a new line.</param>
internal sealed class NumberLine(Func<ProducerNumber> newLine)
{
    /// <summary>
    /// The numbers of one line: as many as a consumer's filter remembers of it, so that the filter knows them all, however late they come.
    /// </summary>
    private const int Length = 65_536;

    private ProducerNumber _next = newLine();

    /// <summary>Returns the number of the next record.</summary>
    public ProducerNumber Next()
    {
        if (_next.Number == Length)
            _next = newLine();
        var number = _next;
        _next = number.Next;
        return number;
    }
}
