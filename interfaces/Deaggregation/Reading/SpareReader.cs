namespace Orleans.Kpl.Deaggregation;

/// <summary>Keeps one reader a thread, so that its tables need not be made for each aggregate.</summary>
internal static class SpareReader
{
    [ThreadStatic]
    private static AggregateReader? _spare;

    public static AggregateReader Take()
    {
        var reader = _spare ?? new AggregateReader();
        _spare = null;
        return reader;
    }

    /// <summary>Takes a reader back, if there is one; its holder has none afterwards.</summary>
    public static void Return(ref AggregateReader? reader)
    {
        if (reader is null)
            return;
        reader.Forget();
        (_spare, reader) = (reader, null);
    }
}
