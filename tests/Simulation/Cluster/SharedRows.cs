using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>The rows that silos share.</summary>
internal sealed class SharedRows
{
    private readonly SortedDictionary<(string Kind, string Key), StateRow> _rows = new(Comparer<(string Kind, string Key)>.Create(
        static (a, b) => string.CompareOrdinal(a.Kind, b.Kind) is var kind and not 0 ? kind : string.CompareOrdinal(a.Key, b.Key)));

    public StateRow? Read(string kind, string key) => _rows.GetValueOrDefault((kind, key));

    public IReadOnlyList<StateRow> List(string kind) => [.. _rows.Values.Where(r => r.Kind == kind)];

    public StateRow? Write(string kind, string key, long over, string text) =>
        (Read(kind, key)?.Version ?? 0) == over ? _rows[(kind, key)] = new StateRow(kind, key, over + 1, text) : null;

    public bool Delete(string kind, string key, long version) => Read(kind, key)?.Version == version && _rows.Remove((kind, key));
}
