namespace Orleans.Kpl.Pipeline.State;

/// <summary>Keeps rows in memory: for a cluster of one silo, which shares them with no other silo.</summary>
internal sealed class MemoryStateStore : IStateStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Kind, string Key), StateRow> _rows = [];

    public Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult(_rows.GetValueOrDefault((kind, key)));
    }

    public Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyList<StateRow>>([.. _rows.Values.Where(r => r.Kind == kind).OrderBy(static r => r.Key, StringComparer.Ordinal)]);
    }

    public Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var there = _rows.GetValueOrDefault((kind, key));
            var row = new StateRow(kind, key, over + 1, text);
            if ((there?.Version ?? 0) != over)
                return Task.FromResult(there == row && text.Length > 0 ? row : null);
            return Task.FromResult<StateRow?>(_rows[(kind, key)] = row);
        }
    }

    public Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult(!_rows.TryGetValue((kind, key), out var row) || (row.Version == version && _rows.Remove((kind, key))));
    }
}
