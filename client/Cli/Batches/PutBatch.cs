using System.Buffers;

namespace Orleans.Kpl.Cli.Batches;

/// <summary>
/// Up to 500 records on their way, their bytes in one buffer, and what became of each. Used again after
/// <see cref="Clear"/>.
/// </summary>
internal sealed class PutBatch
{
    /// <summary>Records per batch at most; what a tier and PutRecords take at once.</summary>
    public const int MaxRecords = 500;

    /// <summary>A batch is full when it holds this much, so that one batch is no more than half a second of one shard.</summary>
    public const int FullBytes = 512 << 10;

    /// <summary>What a record costs at least: a shard takes 1,000 records or 1 MiB a second.</summary>
    private const int LeastCost = 1 << 10;

    private readonly ArrayBufferWriter<byte> _bytes = new(64 << 10);
    private readonly Entry[] _entries = new Entry[MaxRecords];
    private readonly PutOutcome[] _outcomes = new PutOutcome[MaxRecords];

    public int Count { get; private set; }

    public bool IsFull => Count == MaxRecords || _bytes.WrittenCount >= FullBytes;

    /// <summary>What the batch costs a shard, in bytes.</summary>
    public long Cost { get; private set; }

    /// <summary>Whether the data of every record is one JSON text without blanks around it, so that a JSON payload carries it exactly.</summary>
    public bool IsJson { get; private set; } = true;

    /// <summary>How each record ended; set by the target.</summary>
    public Span<PutOutcome> Outcomes => _outcomes.AsSpan(0, Count);

    /// <summary>The partition key of a record.</summary>
    public string KeyOf(int index) => _entries[index].Key;

    /// <summary>The data of a record.</summary>
    public ReadOnlyMemory<byte> DataOf(int index) => _bytes.WrittenMemory.Slice(_entries[index].Start, _entries[index].Length);

    /// <summary>Where a record came from: the line, counted from 1.</summary>
    public long LineOf(int index) => _entries[index].Line;

    public void Add(string key, ReadOnlySpan<byte> data, long line, bool isJson)
    {
        _entries[Count++] = new Entry(key, _bytes.WrittenCount, data.Length, line);
        _bytes.Write(data);
        Cost += Math.Max(LeastCost, data.Length);
        IsJson &= isJson;
    }

    /// <summary>Ends the records from <paramref name="from"/> on in the same failure.</summary>
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

    private readonly record struct Entry(string Key, int Start, int Length, long Line);
}
