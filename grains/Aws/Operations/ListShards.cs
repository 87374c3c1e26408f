using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>The filter and the answer of ListShards.</summary>
internal static class ListShards
{
    /// <summary>Writes which shards are listed.</summary>
    public static void Write(Utf8JsonWriter json, ShardFilter filter)
    {
        json.WriteStartObject("ShardFilter"u8);
        json.WriteString("Type"u8, filter.Type);
        if (filter.ShardId is { } shardId)
            json.WriteString("ShardId"u8, shardId);
        if (filter.Timestamp is { } time)
            json.WriteTime("Timestamp"u8, time);
        json.WriteEndObject();
    }

    public static ShardPage Read(ref Utf8JsonReader json) => json.ReadAs(KinesisAnswers.Default.ShardPage);
}

/// <summary>One page of ListShards.</summary>
/// <param name="NextToken">The token for the next page, valid for 300 s; null on the last page.</param>
internal sealed record ShardPage(IReadOnlyList<ShardDescription> Shards, string? NextToken = null);

/// <summary>Reads the pages of ListShards one after the other.</summary>
internal static class ShardPages
{
    /// <summary>More pages of shards than any stream has.</summary>
    private const int Most = 1_000;

    /// <summary>Reads all pages; starts again from the first one when a token expires.</summary>
    /// <param name="ask">Asks for the page of a token, for the first one without.</param>
    /// <exception cref="KinesisException">A call failed, or the pages do not end.</exception>
    public static async ValueTask<IReadOnlyList<T>> ReadAsync<T>(Func<string?, ValueTask<(IReadOnlyList<T> Shards, string? NextToken)>> ask)
    {
        for (var again = false; ; again = true)
        {
            try
            {
                var (page, token) = await ask(null).ConfigureAwait(false);
                if (token is null)
                    return page;
                var shards = new List<T>(page);
                for (var pages = 1; token is not null; pages++)
                {
                    if (pages == Most)
                        throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.InvalidAnswer, $"ListShards does not end after {pages} pages.");
                    (page, token) = await ask(token).ConfigureAwait(false);
                    shards.AddRange(page);
                }

                return shards;
            }
            catch (KinesisException e) when (e.Code == "ExpiredNextTokenException" && !again)
            {
            }
        }
    }
}

/// <summary>Selects the shards that ListShards returns (Kinesis API, ShardFilter).</summary>
/// <param name="Type">The filter's type, in Kinesis' words.</param>
/// <param name="ShardId">For AFTER_SHARD_ID.</param>
/// <param name="Timestamp">For FROM_TIMESTAMP.</param>
internal sealed record ShardFilter(string Type, string? ShardId = null, DateTimeOffset? Timestamp = null)
{
    /// <summary>The shards that are open now.</summary>
    public static readonly ShardFilter AtLatest = new("AT_LATEST");

    /// <summary>All shards within the retention period, closed ones included.</summary>
    public static readonly ShardFilter FromTrimHorizon = new("FROM_TRIM_HORIZON");

    public static ShardFilter AfterShard(string shardId) => new("AFTER_SHARD_ID", ShardId: shardId);

    public static ShardFilter FromTimestamp(DateTimeOffset time) => new("FROM_TIMESTAMP", Timestamp: time);
}

/// <summary>An open or closed shard as ListShards describes it.</summary>
/// <param name="ParentShardId">The shard it was split or merged from; null for an original shard, or if Kinesis no longer knows the parent.</param>
/// <param name="AdjacentParentShardId">The other parent of a merge.</param>
[method: JsonConstructor]
internal readonly record struct ShardDescription(
    string ShardId, HashKeyRange HashKeyRange, string? ParentShardId = null, string? AdjacentParentShardId = null,
    SequenceNumberRange? SequenceNumberRange = null)
{
    public bool IsOpen => SequenceNumberRange?.EndingSequenceNumber is null;

    public ShardRange ToRange() =>
        new(ShardId, HashKeyRange.StartingHashKey, HashKeyRange.EndingHashKey, SequenceNumberRange?.StartingSequenceNumber);
}

/// <summary>The sequence numbers that a shard can hold; an open one has no end.</summary>
internal sealed record SequenceNumberRange(string? StartingSequenceNumber = null, string? EndingSequenceNumber = null);
