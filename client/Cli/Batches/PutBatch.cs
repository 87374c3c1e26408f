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
    private readonly UserRecord[] _own = new UserRecord[MaxRecords];
    private readonly Entry[] _entries = new Entry[MaxRecords];
    private readonly PutOutcome[] _outcomes = new PutOutcome[MaxRecords];
    private long _firstLine;

    public int Count => Records.Length;

    public bool IsFull => Count == MaxRecords || _bytes.WrittenCount >= FullBytes;

    /// <summary>Whether its buffer has grown beyond what most batches need, by a record of many megabytes.</summary>
    public bool IsLarge => _bytes.Capacity > 4 * FullBytes;

    /// <summary>The records, as a producer takes them.</summary>
    public ReadOnlyMemory<UserRecord> Records { get; private set; }

    /// <summary>The batch's cost to a shard, in bytes.</summary>
    public long Cost { get; private set; }

    /// <summary>Whether the data of every record is one JSON text without surrounding blanks, so that a JSON payload carries it exactly.</summary>
    public bool IsJson { get; private set; } = true;

    /// <summary>The outcome of each record; set by the target, unless it set <see cref="Delivered"/>.</summary>
    public Span<PutOutcome> Outcomes => _outcomes.AsSpan(0, Count);

    /// <summary>The results of a batch that was delivered whole, as its producer gave them; null otherwise. They last until <see cref="Clear"/>.</summary>
    public EnqueuedBatch? Delivered { get; private set; }

    /// <summary>Returns the outcomes of some records.</summary>
    public Memory<PutOutcome> OutcomesOf(int start, int count) => _outcomes.AsMemory(start, count);

    /// <summary>Returns the partition key of a record.</summary>
    public string KeyOf(int index) => Records.Span[index].PartitionKey;

    /// <summary>Returns the data of a record.</summary>
    public ReadOnlyMemory<byte> DataOf(int index) => Records.Span[index].Data;

    /// <summary>Returns the line that a record came from, counted from 1.</summary>
    public long LineOf(int index) => _firstLine > 0 ? _firstLine + index : _entries[index].Line;

    /// <summary>Returns the explicit hash key of a record; null for none.</summary>
    public UInt128? HashKeyOf(int index) => Records.Span[index].ExplicitHashKey;

    /// <summary>Returns what <see cref="Add"/> was given to know whose record it is.</summary>
    public object? OriginOf(int index) => _entries[index].Origin;

    /// <summary>Adds a record, whose data is copied.</summary>
    public void Add(string key, ReadOnlySpan<byte> data, long line, bool isJson, UInt128? hashKey = null, object? origin = null)
    {
        // Written bytes stay where they are, also where the buffer grows: its former array belongs to the records that are in it.
        var free = _bytes.GetMemory(Math.Max(1, data.Length))[..data.Length];
        data.CopyTo(free.Span);
        _bytes.Advance(data.Length);
        _entries[Count] = new Entry(line, origin);
        _own[Count] = new UserRecord(key, free, hashKey);
        Records = _own.AsMemory(0, Count + 1);
        Cost += Math.Max(LeastCost, data.Length);
        IsJson &= isJson;
    }

    /// <summary>Makes these the records of an empty batch, without copying them. They have one size, and are numbered from a line on.</summary>
    public void Use(ReadOnlyMemory<UserRecord> records, long firstLine, bool isJson)
    {
        (Records, _firstLine, IsJson) = (records, firstLine, isJson);
        Cost = records.IsEmpty ? 0 : records.Length * (long)Math.Max(LeastCost, records.Span[0].Data.Length);
    }

    /// <summary>Notes that all records are delivered, and takes over their results.</summary>
    public void SetDelivered(EnqueuedBatch results) => Delivered = results;

    /// <summary>Sets the same failure as the outcome of all records that have none.</summary>
    public void FailTheRest(string code, string? message)
    {
        foreach (ref var outcome in Outcomes)
        {
            if (outcome == default)
                outcome = PutOutcome.Failure(code, message);
        }
    }

    public void Clear()
    {
        if (Delivered is null)
            Array.Clear(_outcomes, 0, Count);
        Delivered?.Dispose();
        if (_firstLine == 0)
        {
            Array.Clear(_entries, 0, Count);
            Array.Clear(_own, 0, Count);
        }

        _bytes.ResetWrittenCount();
        (Delivered, Records, _firstLine, Cost, IsJson) = (null, default, 0, 0, true);
    }

    private readonly record struct Entry(long Line, object? Origin);
}

/// <summary>The outcome of one record of a batch.</summary>
/// <param name="ShardId">The shard that has the record; null unless it was delivered and the shard was requested.</param>
/// <param name="SequenceNumber">The record's sequence number; null unless it was delivered and the number was requested.</param>
/// <param name="EndedAt">When the record's last attempt completed; null if unknown.</param>
/// <param name="Persisted">Whether the backlog has the record and delivers it.</param>
/// <param name="NotTaken">Whether the tier did not take the record because its shard is full: it is sent again.</param>
/// <param name="IsDenied">Whether the record failed for want of a right to its stream.</param>
internal readonly record struct PutOutcome(
    bool Delivered, string? ShardId, string? SequenceNumber, string? ErrorCode, string? ErrorMessage, DateTimeOffset? EndedAt, bool Persisted = false,
    bool NotTaken = false, bool IsDenied = false)
{
    public static PutOutcome Failure(string code, string? message) => new(false, null, null, code, message, null);
}

/// <summary>Makes partition keys that spread evenly: random UUIDs of 36 characters.</summary>
internal static class RandomKeys
{
    public static string Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
