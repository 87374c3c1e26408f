using System.Buffers;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>A PutRecord or PutRecords call. Its entries lie in the body's own buffer and live as long as that does.</summary>
internal sealed class PutRequest : IDisposable
{
    public const int MostEntries = 500;

    private PooledBytes? _decoded;
    private PutEntry[] _entries = ArrayPool<PutEntry>.Shared.Rent(MostEntries);

    public string? StreamName { get; set; }
    public string? StreamArn { get; set; }
    public string? SequenceNumberForOrdering { get; set; }

    /// <summary>Null until a Records field was seen; may exceed <see cref="MostEntries"/>, of which only the first are kept.</summary>
    public int? Count { get; private set; }

    public Span<PutEntry> Entries => _entries.AsSpan(0, Math.Min(Count ?? 0, MostEntries));

    /// <summary>Room for what is decoded from a body of this length; it never moves.</summary>
    public PooledBytes Decoded(int bodyLength) => _decoded ??= new(bodyLength);

    public void StartEntries() => Count = 0;

    public void Add(in PutEntry entry)
    {
        var count = Count ?? 0;
        if (count < MostEntries) _entries[count] = entry;
        Count = count + 1;
    }

    public void Dispose()
    {
        ArrayPool<PutEntry>.Shared.Return(_entries, clearArray: true);
        _entries = [];
        _decoded?.Dispose();
        Count = null;
    }
}
