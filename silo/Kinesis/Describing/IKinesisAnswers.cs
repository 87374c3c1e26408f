using System.Text.Json;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>What Kinesis itself tells of its streams, as it tells it.</summary>
internal interface IKinesisAnswers
{
    /// <summary>Asks DescribeStreamSummary.</summary>
    Task<JsonElement> SummaryAsync(string stream);

    /// <summary>Asks ListShards, page after page.</summary>
    /// <param name="filter">The value of <c>ShardFilter</c> in JSON; null for none.</param>
    Task<IReadOnlyList<JsonElement>> ShardsAsync(string stream, string? filter);

    /// <summary>Asks ListStreams, page after page: the summaries of all streams by their names, which are all that older endpoints tell.</summary>
    Task<IReadOnlyList<JsonElement>> StreamsAsync();
}
