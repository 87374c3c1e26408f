using System.Buffers;

namespace Orleans.Kpl.Cli.Batches;

/// <summary>
/// Up to 500 records, with their bytes in one buffer and the outcome of each. A batch can be used again after <see cref="Clear"/>.
/// </summary>
internal sealed class PutBatch
{
    /// <summary>The most records in a batch: as many as a tier and PutRecords accept at once.</summary>
    public const int MaxRecords = 500;

    /// <summary>The size in bytes at which a batch is full, so that one batch is no more than half a second of one shard.</summary>
    public const int FullBytes = 512 << 10;

    /// <summary>The least cost of a record, in bytes: a shard takes 1,000 records or 1 MiB a second.</summary>
    private const int LeastCost = 1 << 10;

    private readonly ArrayBufferWriter<byte> _bytes = new(64 << 10);
    private readonly Entry[] _entries = new Entry[MaxRecords];
    private readonly PutOutcome[] _outcomes = new PutOutcome[MaxRecords];

    public int Count { get; private set; }

    public bool IsFull => Count == MaxRecords || _bytes.WrittenCount >= FullBytes;

    /// <summary>The batch's cost to a shard, in bytes.</summary>
    public long Cost { get; private set; }

    /// <summary>Whether the data of every record is one JSON text without surrounding blanks, so that a JSON payload carries it exactly.</summary>
    public bool IsJson { get; private set; } = true;

    /// <summary>The outcome of each record; set by the target.</summary>
    public Span<PutOutcome> Outcomes => _outcomes.AsSpan(0, Count);

    /// <summary>Returns the outcomes of some records.</summary>
    public Memory<PutOutcome> OutcomesOf(int start, int count) => _outcomes.AsMemory(start, count);

    /// <summary>Returns the partition key of a record.</summary>
    public string KeyOf(int index) => _entries[index].Key;

    /// <summary>Returns the data of a record.</summary>
    public ReadOnlyMemory<byte> DataOf(int index) => _bytes.WrittenMemory.Slice(_entries[index].Start, _entries[index].Length);

    /// <summary>Returns the line that a record came from, counted from 1.</summary>
    public long LineOf(int index) => _entries[index].Line;

    /// <summary>Returns the explicit hash key of a record; null for none.</summary>
    public UInt128? HashKeyOf(int index) => _entries[index].HashKey;

    /// <summary>Returns what <see cref="Add"/> was given to know whose record it is.</summary>
    public object? OriginOf(int index) => _entries[index].Origin;

    public void Add(string key, ReadOnlySpan<byte> data, long line, bool isJson, UInt128? hashKey = null, object? origin = null)
    {
        _entries[Count++] = new Entry(key, _bytes.WrittenCount, data.Length, line, hashKey, origin);
        _bytes.Write(data);
        Cost += Math.Max(LeastCost, data.Length);
        IsJson &= isJson;
    }

    /// <summary>Sets the same failure as the outcome of all records from <paramref name="from"/> on.</summary>
    public void FailFrom(int from, string code, string? message) => Outcomes[from..].Fill(PutOutcome.Failure(code, message));

    public void Clear()
    {
        Array.Clear(_entries, 0, Count);
        Array.Clear(_outcomes, 0, Count);
        _bytes.ResetWrittenCount();
        Count = 0;
        Cost = 0;
        IsJson = true;
    }

    private readonly record struct Entry(string Key, int Start, int Length, long Line, UInt128? HashKey, object? Origin);
}
