using System.Buffers;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>
/// A PutRecord or PutRecords request as it was read, before it is checked. Its data lies in the request's body.
/// </summary>
internal sealed class PutCall : IDisposable
{
    /// <summary>The most records of one request (Kinesis API, PutRecords).</summary>
    public const int MostRecords = 500;

    private const int FirstEntries = 16;

    private PutEntry[] _entries = [];
    private UserRecord[] _records = [];
    private int _kept;

    public string? StreamName { get; set; }

    public string? StreamArn { get; set; }

    public string? SequenceNumberForOrdering { get; set; }

    /// <summary>The number of records; null where the request has no member for them.</summary>
    public int? Count { get; set; }

    /// <summary>The records, of more than <see cref="MostRecords"/> the first.</summary>
    public ReadOnlySpan<PutEntry> Entries => _entries.AsSpan(0, _kept);

    public void Add(in PutEntry entry)
    {
        Count = (Count ?? 0) + 1;
        if (_kept == MostRecords)
            return;
        if (_kept == _entries.Length)
            Grow();
        _entries[_kept++] = entry;
    }

    /// <summary>Rents memory for as many records as there are entries.</summary>
    public Memory<UserRecord> Records()
    {
        if (_records.Length < _kept)
            _records = ArrayPool<UserRecord>.Shared.Rent(_kept);
        return _records.AsMemory(0, _kept);
    }

    public void Dispose()
    {
        Return(ref _entries, _kept);
        Return(ref _records, _kept);
        _kept = 0;
    }

    private static void Return<T>(ref T[] rented, int used)
    {
        if (rented.Length == 0)
            return;
        rented.AsSpan(0, Math.Min(used, rented.Length)).Clear();
        ArrayPool<T>.Shared.Return(rented);
        rented = [];
    }

    /// <summary>A request of more than a few records has as many as may be.</summary>
    private void Grow()
    {
        var larger = ArrayPool<PutEntry>.Shared.Rent(_kept == 0 ? FirstEntries : MostRecords);
        Entries.CopyTo(larger);
        Return(ref _entries, _kept);
        _entries = larger;
    }
}

/// <summary>One record of a request; members that it lacks are null.</summary>
/// <param name="HashKey">The explicit hash key, as digits.</param>
internal readonly record struct PutEntry(string? Key, ReadOnlyMemory<byte>? Data, string? HashKey);
