using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>Which part of a stream's past a picture shows.</summary>
public enum HeatSpan
{
    /// <summary>The last hour by the minute.</summary>
    [JsonStringEnumMemberName("hour")]
    Hour,

    /// <summary>The last day by quarters of an hour.</summary>
    [JsonStringEnumMemberName("day")]
    Day,

    /// <summary>The last week by the hour.</summary>
    [JsonStringEnumMemberName("week")]
    Week,
}

/// <summary>A picture of a stream's load: hash keys by time. Each column is a time, and has the same number of equal parts of all hash keys.</summary>
public sealed record StreamHeat
{
    /// <summary>The stream under the name in the request; in a tier, under the one name that it has there.</summary>
    public required string Stream { get; init; }

    /// <summary>Which part of the past it is.</summary>
    public HeatSpan Span { get; init; }

    /// <summary>How many equal parts of the hash keys a column has, from hash key 0 on.</summary>
    public int Rows { get; init; }

    /// <summary>How long a column is, in seconds.</summary>
    public int ColumnSeconds { get; init; }

    /// <summary>The columns, oldest first. A time that was not observed has none. Without the running minute.</summary>
    public required IReadOnlyList<HeatColumn> Columns { get; init; }

    /// <summary>The shards as they were, each list for one or more columns; also those to which nothing was sent, as far as they are known.</summary>
    public required IReadOnlyList<IReadOnlyList<HeatShard>> Shards { get; init; }
}

/// <summary>A stream's load during one part of the time.</summary>
public sealed record HeatColumn
{
    private const float Nearly = 0.8f;

    /// <summary>When it began.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>How many of its minutes were observed.</summary>
    public int Minutes { get; init; }

    /// <summary>The place of its shards in <see cref="StreamHeat.Shards"/>; null where they are not known any more.</summary>
    public int? Shards { get; init; }

    /// <summary>The user records a second that Kinesis took, in all rows together.</summary>
    public float UserRecordsPerSecond { get; init; }

    /// <summary>The KiB a second, keys included, that Kinesis took in each row; empty where it took nothing.</summary>
    [JsonPropertyName("kib_per_second")]
    public IReadOnlyList<float> KiBPerSecond { get; init; } = [];

    /// <summary>The Kinesis records a second that Kinesis took in each row; empty where it took nothing.</summary>
    public IReadOnlyList<float> RecordsPerSecond { get; init; } = [];

    /// <summary>How much of its capacity the row's shard used in the busiest minute, 0 to 2.5; of several shards the busiest.</summary>
    public IReadOnlyList<float> Utilisation { get; init; } = [];

    /// <summary>
    /// How near to full a row's shard is, where the row has at least half of what the rows of as busy shards have on average: 0 from four fifths on, 1 when
    /// it is full, in steps of a hundredth; below 0 for other rows. Null where no shard is so near.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<float>? Danger
    {
        get
        {
            if (KiBPerSecond.Count != Utilisation.Count || !Utilisation.Any(static use => use >= Nearly))
                return null;
            var rows = Utilisation.Zip(KiBPerSecond);
            var means = rows.GroupBy(static r => r.First, static r => r.Second).ToDictionary(static g => g.Key, static g => g.Average());
            return [.. rows.Select(
                r => r.First >= Nearly && r.Second >= means[r.First] / 2 ? Math.Min(1, MathF.Round((r.First - Nearly) / (1 - Nearly), 2)) : -1)];
        }
    }

    /// <summary>Throttles and failures.</summary>
    public IReadOnlyList<HeatMark> Marks { get; init; } = [];

    /// <summary>The heaviest keys of the stream, at most three, heaviest first.</summary>
    public IReadOnlyList<HeatKey> HotKeys { get; init; } = [];
}

/// <summary>A mark in a row: throttles or failures.</summary>
public sealed record HeatMark
{
    /// <summary>The row, from 0.</summary>
    public int Row { get; init; }

    /// <summary>How many Kinesis records were throttled, in the middle row of their shard; at most 65,535.</summary>
    public int Throttled { get; init; }

    /// <summary>How many user records failed or ended unknown, as far as the list of failures has them; at most 65,535.</summary>
    public int Failed { get; init; }
}

/// <summary>A shard of a picture.</summary>
public sealed record HeatShard
{
    /// <summary>Its id.</summary>
    public required string ShardId { get; init; }

    /// <summary>Its first hash key.</summary>
    public UInt128 StartingHashKey { get; init; }

    /// <summary>Its last hash key.</summary>
    public UInt128 EndingHashKey { get; init; }

    /// <summary>The silo that sent for it; null for an embedded producer.</summary>
    public string? OwnerSilo { get; init; }

    internal bool Overlaps(HeatShard other) => StartingHashKey <= other.EndingHashKey && other.StartingHashKey <= EndingHashKey;
}

/// <summary>A heavy key of a picture.</summary>
public sealed record HeatKey
{
    /// <summary>Its hash key.</summary>
    public UInt128 HashKey { get; init; }

    /// <summary>The least KiB a second that it had.</summary>
    [JsonPropertyName("kib_per_second")]
    public float KiBPerSecond { get; init; }

    /// <summary>The partition key, or its first 32 characters, if <c>LogKeys</c> is on; null otherwise.</summary>
    public string? PartitionKey { get; init; }
}
