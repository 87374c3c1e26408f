namespace Orleans.Kpl.Glue.Registry;

/// <summary>What is known of one schema. Only <see cref="Known"/> and <see cref="UsedAt"/> are read without the lock of the cache.</summary>
internal sealed class SchemaEntry
{
    private KnownVersion? _known;
    private long _usedAt;

    public KnownVersion? Known
    {
        get => Volatile.Read(ref _known);
        set => Volatile.Write(ref _known, value);
    }

    /// <summary>When a record last asked.</summary>
    public long UsedAt
    {
        get => Volatile.Read(ref _usedAt);
        set => Volatile.Write(ref _usedAt, value);
    }

    /// <summary>The look-up under way: one at a time.</summary>
    public Task<SchemaAnswer>? Flight { get; set; }

    /// <summary>Why the last look-up failed; null after a success.</summary>
    public Exception? Failure { get; set; }

    /// <summary>When it failed.</summary>
    public long FailedAt { get; set; }
}
