using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Simulation.Stores;

/// <summary>What a table holds of one producer's backlog. It outlives the producer's processes.</summary>
internal sealed class BacklogTable
{
    private readonly SortedDictionary<string, MemoryLogState> _logs = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Streams => [.. _logs.Where(static l => !l.Value.IsEmpty).Select(static l => l.Key.Split('/')[0]).Distinct()];

    /// <summary>The segments that wait, of all streams.</summary>
    public int Segments =>
        _logs.Where(static l => l.Key.EndsWith(nameof(SegmentLogKind.Records), StringComparison.Ordinal)).Sum(static l => l.Value.Segments().Count);

    public MemoryLogState LogOf(string stream, SegmentLogKind kind)
    {
        var key = $"{stream}/{kind}";
        if (!_logs.TryGetValue(key, out var log))
            _logs[key] = log = new MemoryLogState();
        return log;
    }
}
