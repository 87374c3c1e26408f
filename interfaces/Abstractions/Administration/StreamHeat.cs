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

/// <summary>
/// A picture of a stream's load: hash keys by time. Each column is a period of time; the rows are equal parts of all hash keys, the same in each column.
/// </summary>
public sealed record StreamHeat
{
    /// <summary>The stream under the name in the request; in a tier, under the one name that it has there.</summary>
    public required string Stream { get; init; }

    /// <summary>The part of the past that the picture shows.</summary>
    public HeatSpan Span { get; init; }

    /// <summary>The number of rows: equal parts of all hash keys, from hash key 0 on.</summary>
    public int Rows { get; init; }

    /// <summary>The length of a column in seconds.</summary>
    public int ColumnSeconds { get; init; }

    /// <summary>The columns, oldest first, without the current minute. Periods that were not observed have none.</summary>
    public required IReadOnlyList<HeatColumn> Columns { get; init; }

    /// <summary>
    /// The lists of shards that <see cref="HeatColumn.Shards"/> refers to, each for one or more columns; shards to which nothing was sent are in them as
    /// far as known.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<HeatShard>> Shards { get; init; }
}

/// <summary>A stream's load during one period of time.</summary>
public sealed record HeatColumn
{
    private const float Nearly = 0.8f;

    /// <summary>When the period began.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>How many of its minutes were observed.</summary>
    public int Minutes { get; init; }

    /// <summary>The index of its shards in <see cref="StreamHeat.Shards"/>; null where they are no longer known.</summary>
    public int? Shards { get; init; }

    /// <summary>The user records a second that Kinesis took, in all rows together.</summary>
    public float UserRecordsPerSecond { get; init; }

    /// <summary>The KiB a second, keys included, that Kinesis took in each row; empty where it took nothing.</summary>
    [JsonPropertyName("kib_per_second")]
    public IReadOnlyList<float> KiBPerSecond { get; init; } = [];

    /// <summary>The Kinesis records a second that Kinesis took in each row; empty where it took nothing.</summary>
    public IReadOnlyList<float> RecordsPerSecond { get; init; } = [];

    /// <summary>The share of its capacity that the row's shard used in the busiest minute, 0 to 2.55; with several shards, that of the busiest.</summary>
    public IReadOnlyList<float> Utilisation { get; init; } = [];

    /// <summary>
    /// How close each row's shard is to its capacity: 0 at four fifths of it, 1 when it is full, in steps of 0.01. Rows of shards with less use have -1,
    /// and so have rows with less than half the mean load of the rows of equally busy shards. Null if no shard uses four fifths.
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

    /// <summary>How many Kinesis records were throttled, counted in the middle row of their shard; at most 65,535.</summary>
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

    /// <summary>The minimum load of the key, in KiB a second.</summary>
    [JsonPropertyName("kib_per_second")]
    public float KiBPerSecond { get; init; }

    /// <summary>The partition key, or its first 32 characters, if <c>LogKeys</c> is on; null otherwise.</summary>
    public string? PartitionKey { get; init; }
}
