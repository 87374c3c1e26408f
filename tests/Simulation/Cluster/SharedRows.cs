using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>The rows that silos share.</summary>
/// <param name="meter">Counts what the calls cost.</param>
internal sealed class SharedRows(RowMeter meter)
{
    private readonly SortedDictionary<string, SortedDictionary<string, StateRow>> _rows = new(StringComparer.Ordinal);

    public RowMeter Meter => meter;

    /// <summary>Is told of each row that was written: its kind and its key.</summary>
    public Action<string, string>? Written { get; set; }

    public StateRow? Read(string kind, string key)
    {
        var row = Find(kind, key);
        meter.Read(kind, row is null ? [] : [row]);
        return row;
    }

    public IReadOnlyList<StateRow> List(string kind)
    {
        IReadOnlyList<StateRow> rows = _rows.TryGetValue(kind, out var there) ? [.. there.Values] : [];
        meter.Read(kind, rows);
        return rows;
    }

    public StateRow? Write(string kind, string key, long over, string text)
    {
        meter.Write(kind, key, text);
        var (there, row) = (Find(kind, key), new StateRow(kind, key, over + 1, text));
        if ((there?.Version ?? 0) != over)
            return there == row && text.Length > 0 ? row : null;
        RowsOf(kind)[key] = row;
        Written?.Invoke(kind, key);
        return row;
    }

    public bool Delete(string kind, string key, long version)
    {
        meter.Write(kind, key, "");
        return Find(kind, key) is not { } row || (row.Version == version && RowsOf(kind).Remove(key));
    }

    /// <summary>Looks at a row, as nobody in the world does.</summary>
    public StateRow? Find(string kind, string key) => _rows.TryGetValue(kind, out var rows) ? rows.GetValueOrDefault(key) : null;

    private SortedDictionary<string, StateRow> RowsOf(string kind)
    {
        if (!_rows.TryGetValue(kind, out var rows))
            _rows[kind] = rows = new SortedDictionary<string, StateRow>(StringComparer.Ordinal);
        return rows;
    }
}
