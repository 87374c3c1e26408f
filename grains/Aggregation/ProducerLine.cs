namespace Orleans.Kpl.Aggregation;

/// <summary>One line of producer numbers, and the last one that was given. One caller at a time gives numbers; any thread may read.</summary>
/// <param name="begun">Called when the first number was given.</param>
internal sealed class ProducerLine(ulong producer, int line, TimeProvider time, Action<ProducerLine> begun)
{
    private readonly DateTimeOffset _begunAt = time.GetUtcNow();
    private long _givenAt;
    private long _next;

    /// <summary>The number that is given next.</summary>
    public ProducerNumber Next => new(producer, line, Volatile.Read(ref _next));

    /// <summary>When the last number was given, in ticks of UTC; 0 while there is none.</summary>
    public long GivenAt => Volatile.Read(ref _givenAt);

    /// <summary>The last number that was given; null while there is none.</summary>
    public LastNumber? Last
    {
        get
        {
            if (Next is not { Number: > 0 } next)
                return null;
            // Read after the number, as it is written before: it is never too early.
            var givenAt = new DateTimeOffset(GivenAt, TimeSpan.Zero);
            return new LastNumber { ProducerNumber = $"{next with { Number = next.Number - 1 }}", BegunAt = _begunAt, GivenAt = givenAt };
        }
    }

    /// <summary>Gives all numbers below this one.</summary>
    public void GiveUpTo(long next)
    {
        if (next == _next)
            return;
        var isFirst = _next == 0;
        Volatile.Write(ref _givenAt, time.GetUtcNow().UtcTicks);
        Volatile.Write(ref _next, next);
        if (isFirst)
            begun(this);
    }
}
