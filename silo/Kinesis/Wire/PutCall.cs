using System.Buffers;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>A PutRecord or PutRecords request as it was read, before it is checked. Its data lies in the request's body, or in memory rented for it.</summary>
internal sealed class PutCall : IDisposable
{
    /// <summary>The most records of one request (Kinesis API, PutRecords).</summary>
    public const int MostRecords = 500;

    /// <summary>A request of so many records has as many as may be.</summary>
    private const int Many = 16;

    private byte[] _decoded = [];
    private int _used;

    public string? StreamName { get; set; }

    public string? StreamArn { get; set; }

    public string? SequenceNumberForOrdering { get; set; }

    /// <summary>The number of records; null where the request has no member for them.</summary>
    public int? Count { get; set; }

    /// <summary>The records, of more than <see cref="MostRecords"/> the first.</summary>
    public List<PutEntry> Entries { get; } = [];

    /// <summary>Adds a record.</summary>
    public void Add(in PutEntry entry)
    {
        Count = (Count ?? 0) + 1;
        if (Entries.Count == Many)
            Entries.EnsureCapacity(MostRecords);
        if (Entries.Count < MostRecords)
            Entries.Add(entry);
    }

    /// <summary>Rents memory for all data of a body of that length, once: what was handed out must not move.</summary>
    public Memory<byte> Free(int bodyLength)
    {
        if (_decoded.Length == 0)
            _decoded = ArrayPool<byte>.Shared.Rent(Math.Max(1, bodyLength));
        return _decoded.AsMemory(_used);
    }

    /// <summary>Keeps the first bytes of what <see cref="Free"/> returned.</summary>
    public ReadOnlyMemory<byte> Keep(int length)
    {
        var kept = _decoded.AsMemory(_used, length);
        _used += length;
        return kept;
    }

    public void Dispose()
    {
        if (_decoded.Length > 0)
            ArrayPool<byte>.Shared.Return(_decoded);
        _decoded = [];
        Entries.Clear();
    }
}

/// <summary>One record of a request; members that it lacks are null.</summary>
/// <param name="Key">The partition key.</param>
/// <param name="Data">The data.</param>
/// <param name="HashKey">The explicit hash key, as digits.</param>
internal readonly record struct PutEntry(string? Key, ReadOnlyMemory<byte>? Data, string? HashKey);
