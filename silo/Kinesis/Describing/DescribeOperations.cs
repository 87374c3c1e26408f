using System.Text;
using System.Text.Json;
using Orleans.Kpl.Kinesis.Putting;
using Orleans.Kpl.Kinesis.Serving;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>DescribeStream and DescribeStreamSummary, ListShards and ListStreams: what clients ask before they put.</summary>
internal sealed class DescribeOperations(StreamDescriptions descriptions, TimeProvider time)
{
    private const int MostAtOnce = 10_000;
    private const int DefaultShards = 1_000;
    private const int DefaultPage = 100;

    /// <summary>The fields of DescribeStreamSummary that DescribeStream tells too (Kinesis API, StreamDescription).</summary>
    private static readonly HashSet<string> OfDescription =
    [
        "StreamName", "StreamARN", "StreamStatus", "StreamModeDetails", "RetentionPeriodHours", "StreamCreationTimestamp", "EnhancedMonitoring",
        "EncryptionType", "KeyId",
    ];

    public async Task DescribeStreamSummaryAsync(DescribeRequest request, FrontRights rights, FrontWriter answer, CancellationToken cancellationToken)
    {
        rights.RequireSight("DescribeStreamSummary", request.Stream);
        answer.Element(await descriptions.SummaryAsync(request.Stream, rights.Caller, cancellationToken));
    }

    public async Task DescribeStreamAsync(DescribeRequest request, FrontRights rights, FrontWriter answer, CancellationToken cancellationToken)
    {
        var (limit, after) = (request.Number("Limit"), request.Text("ExclusiveStartShardId"));
        var rules = new ModelRules();
        rules.Range("limit", limit, 1, MostAtOnce);
        rules.ThrowIfAny();
        var stream = request.Stream;
        rights.RequireSight("DescribeStream", stream);
        var summary = (await descriptions.SummaryAsync(stream, rights.Caller, cancellationToken)).GetProperty("StreamDescriptionSummary"u8);
        var shards = After(await ShardsOrNoneAsync(stream, rights.Caller, cancellationToken), after);
        var page = shards.Take(limit ?? DefaultPage).ToList();
        answer.StartObject();
        answer.Name("StreamDescription");
        answer.StartObject();
        foreach (var member in summary.EnumerateObject())
        {
            if (OfDescription.Contains(member.Name))
                answer.Member(member);
        }

        answer.Elements("Shards", page);
        answer.Name("HasMoreShards");
        answer.Bool(page.Count < shards.Count);
        answer.EndObject();
        answer.EndObject();
    }

    public async Task ListShardsAsync(DescribeRequest request, FrontRights rights, FrontWriter answer, CancellationToken cancellationToken)
    {
        var most = request.Number("MaxResults");
        var rules = new ModelRules();
        rules.Range("maxResults", most, 1, MostAtOnce);
        rules.ThrowIfAny();
        var next = request.Text("NextToken") is { } token ? Continue(request, token) : null;
        rights.RequireSight("ListShards", next?.Stream ?? request.Stream);
        var place = next ?? await StartAsync(request, rights.Caller, cancellationToken);
        var shards = After(
            await descriptions.ShardsAsync(place.Stream, place.Filter.Length == 0 ? null : place.Filter, rights.Caller, cancellationToken), place.After);
        var page = shards.Take(most ?? DefaultShards).ToList();
        answer.StartObject();
        answer.Elements("Shards", page);
        if (page.Count < shards.Count)
            answer.Text("NextToken", (place with { After = IdOf(page[^1]) }).Write(time.GetUtcNow()));
        answer.EndObject();
    }

    public async Task ListStreamsAsync(DescribeRequest request, FrontRights rights, FrontWriter answer, CancellationToken cancellationToken)
    {
        var limit = request.Number("Limit");
        var rules = new ModelRules();
        rules.Range("limit", limit, 1, MostAtOnce);
        rules.ThrowIfAny();
        // A token is the last name, so that both ways to go on are one.
        var after = request.Text("NextToken") ?? request.Text("ExclusiveStartStreamName") ?? "";
        var streams = (await descriptions.StreamsAsync(rights.Caller, cancellationToken))
            .Where(s => string.CompareOrdinal(NameOf(s), after) > 0 && rights.MaySee(NameOf(s))).ToList();
        var page = streams.Take(limit ?? DefaultPage).ToList();
        answer.StartObject();
        answer.Name("StreamNames");
        answer.StartArray();
        foreach (var stream in page)
            answer.Text(NameOf(stream));
        answer.EndArray();
        answer.Name("HasMoreStreams");
        answer.Bool(page.Count < streams.Count);
        if (page.Count < streams.Count)
            answer.Text("NextToken", NameOf(page[^1]));
        if (page.All(static s => s.ValueKind == JsonValueKind.Object))
            answer.Elements("StreamSummaries", page);
        answer.EndObject();
    }

    private ShardPageToken Continue(DescribeRequest request, string token)
    {
        foreach (var other in (ReadOnlySpan<string>)["StreamName", "StreamARN", "ExclusiveStartShardId"])
        {
            if (request.Text(other) is not null)
                throw NotWithToken(other == "StreamARN" ? "StreamName" : other);
        }

        if (request.Object("ShardFilter") is not null)
            throw NotWithToken("ShardFilter");
        if (request.Seconds("StreamCreationTimestamp") is not null)
            throw NotWithToken("StreamCreationTimestamp");
        return Checked(ShardPageToken.Read(token, time.GetUtcNow()));
    }

    /// <summary>A token comes back from the client: its filter must be one that was written here.</summary>
    private static ShardPageToken Checked(ShardPageToken place)
    {
        if (place.Filter.Length == 0)
            return place;
        try
        {
            return place with { Filter = FilterOf(DescribeRequest.Read(Encoding.UTF8.GetBytes(place.Filter), isCbor: false)) };
        }
        catch (FrontException)
        {
            throw ShardPageToken.Invalid();
        }
    }

    private static FrontException NotWithToken(string member) => FrontErrors.InvalidArgument($"NextToken and {member} cannot be provided together.");

    private async Task<ShardPageToken> StartAsync(DescribeRequest request, string? caller, CancellationToken cancellationToken)
    {
        var stream = request.Stream;
        if (request.Seconds("StreamCreationTimestamp") is { } created)
        {
            var summary = (await descriptions.SummaryAsync(stream, caller, cancellationToken)).GetProperty("StreamDescriptionSummary"u8);
            if (summary.TryGetProperty("StreamCreationTimestamp"u8, out var at) && Math.Abs(at.GetDouble() - created) >= 1)
                throw FrontErrors.NotFound(StreamReference.NameOf(stream));
        }

        var filter = request.Object("ShardFilter") is { } asked ? FilterOf(asked) : "";
        return new ShardPageToken(stream, filter, request.Text("ExclusiveStartShardId") ?? "");
    }

    private static string FilterOf(DescribeRequest filter)
    {
        var type = filter.Text("Type");
        var rules = new ModelRules();
        rules.Required("shardFilter.type", type is not null);
        rules.OneOf(
            "shardFilter.type", type, "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP");
        rules.ThrowIfAny();
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("Type"u8, type);
            if (filter.Text("ShardId") is { } shardId)
                json.WriteString("ShardId"u8, shardId);
            if (filter.Seconds("Timestamp") is { } seconds)
                json.WriteNumber("Timestamp"u8, seconds);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>A stream that is being created has no shards to list yet, and is described all the same.</summary>
    private async Task<IReadOnlyList<JsonElement>> ShardsOrNoneAsync(string stream, string? caller, CancellationToken cancellationToken)
    {
        try
        {
            return await descriptions.ShardsAsync(stream, null, caller, cancellationToken);
        }
        catch (FrontException notActive) when (notActive.Type == "ResourceInUseException")
        {
            return [];
        }
    }

    private static List<JsonElement> After(IReadOnlyList<JsonElement> shards, string? after) =>
        [.. shards.Where(s => string.CompareOrdinal(IdOf(s), after ?? "") > 0)];

    private static string IdOf(JsonElement shard) => shard.GetProperty("ShardId"u8).GetString()!;

    private static string NameOf(JsonElement stream) =>
        stream.ValueKind == JsonValueKind.String ? stream.GetString()! : stream.GetProperty("StreamName"u8).GetString()!;
}
