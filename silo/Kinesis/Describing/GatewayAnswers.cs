using System.Text.Json;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>Kinesis' own answers about its streams: asked over the producer's own connections, with the producer's own rights.</summary>
internal sealed class GatewayAnswers(KinesisClient client, Func<string, Task<StreamOptions>> settingsOf, TimeProvider time)
{
    // An account may call ListStreams five times a second (Kinesis API reference), and others of it ask as well.
    private const int PagesAtOnce = 3;
    private static readonly TimeSpan PageEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>The most streams that are listed; an account has no more unless AWS was asked for it.</summary>
    private const int MostStreams = 10_000;

    public async Task<JsonElement> SummaryAsync(string stream) => await client.AskSummaryAsync(await TargetOfAsync(stream), CancellationToken.None);

    /// <summary>Asks ListShards for all pages.</summary>
    /// <param name="filter">The value of <c>ShardFilter</c> in JSON; null for none.</param>
    public async Task<IReadOnlyList<JsonElement>> ShardsAsync(string stream, string? filter) =>
        await client.AskShardsAsync(await TargetOfAsync(stream), filter, CancellationToken.None);

    /// <summary>Asks ListStreams, page after page: the summaries of all streams by their names, which are all that older endpoints tell.</summary>
    public async Task<IReadOnlyList<JsonElement>> StreamsAsync()
    {
        var streams = new List<JsonElement>();
        string? after = null;
        for (var asked = 0; streams.Count < MostStreams; asked++)
        {
            if (asked >= PagesAtOnce)
                await Task.Delay(PageEvery, time);
            var page = await client.AskStreamsAsync(after, CancellationToken.None);
            var names = page.GetProperty("StreamNames"u8).EnumerateArray().ToList();
            var areTold = page.TryGetProperty("StreamSummaries"u8, out var told) && told.ValueKind == JsonValueKind.Array;
            var summaries = areTold ? told.EnumerateArray().ToList() : [];
            streams.AddRange(summaries.Count == names.Count ? summaries : names);
            if (names.Count == 0 || !page.GetProperty("HasMoreStreams"u8).GetBoolean())
                break;
            after = names[^1].GetString();
        }

        return streams;
    }

    private async Task<StreamTarget> TargetOfAsync(string stream) => StreamTarget.Of(stream, await settingsOf(stream));
}
