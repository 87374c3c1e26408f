namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The pages of listings.</summary>
internal static class Page
{
    /// <summary>The first of <paramref name="all"/>, and whether there are more.</summary>
    public static (List<T> Items, bool More) Of<T>(IEnumerable<T> all, int most)
    {
        var items = all.Take(most + 1).ToList();
        var more = items.Count > most;
        if (more) items.RemoveAt(most);
        return (items, more);
    }

    /// <summary>The first whose names come after <paramref name="after"/>; the items are sorted by name.</summary>
    public static (List<T> Items, bool More) Of<T>(IEnumerable<T> all, Func<T, string> nameOf, string? after, int most) =>
        Of(all.Where(item => after is null || string.CompareOrdinal(nameOf(item), after) > 0), most);

    /// <summary>A NextToken lives for a while.</summary>
    public static void CheckAge(OperationCall call, long issuedTicks)
    {
        if (call.NowTicks - issuedTicks > call.Store.Settings.Options.NextTokenLifetime.Ticks)
            throw KinesisErrors.ExpiredNextToken("NextToken has expired.");
    }
}
