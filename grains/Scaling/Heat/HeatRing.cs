namespace Orleans.Kpl.Scaling.Heat;

/// <summary>The last columns of one length. Not thread-safe.</summary>
/// <param name="count">How many columns are kept.</param>
/// <param name="length">How many minutes a column has.</param>
internal sealed class HeatRing(int count, int length)
{
    private readonly HeatSums?[] _columns = new HeatSums?[count];

    /// <summary>How many minutes a column has.</summary>
    public int Length => length;

    /// <summary>All columns that are kept.</summary>
    public IEnumerable<HeatSums> All => _columns.OfType<HeatSums>();

    /// <summary>Returns the column of a minute; null where it is older than those that are kept.</summary>
    public HeatSums? Of(long minute)
    {
        var at = minute / length;
        ref var column = ref _columns[at % count];
        if (column is null || column.Minute / length < at)
            column = new HeatSums(at * length);
        return column.Minute / length == at ? column : null;
    }

    /// <summary>Puts a column that was kept into its place.</summary>
    public void Put(HeatSums column) => _columns[column.Minute / length % count] = column;

    /// <summary>Forgets the columns that begin at a minute or later.</summary>
    public void ForgetFrom(long minute)
    {
        foreach (ref var column in _columns.AsSpan())
            column = column?.Minute >= minute ? null : column;
    }

    /// <summary>Returns the columns that are not too old now, oldest first.</summary>
    public IEnumerable<HeatSums> Until(long minute) =>
        All.Where(c => c.Minute > minute - (count * length) && c.Minute <= minute).OrderBy(static c => c.Minute);
}
