using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Watching;

/// <remarks>Tests <see cref="Http.Watching.WatchEndpoints"/> and <see cref="Http.Watching.WatchRights"/>.</remarks>
public sealed class TierEventsTests
{
    private static readonly string Key = ApiKeyText.Create();

    [Fact]
    public async Task Events_HaveTheMapFirstAndThenAPulseASecond()
    {
        await using var server = await IdentityServer.StartAsync(Folder("status:*"), admin: new ListedStream());
        using var reader = await OpenAsync(server, "?stream=orders");

        var (first, map) = await NextAsync(reader);
        var (second, one) = await NextAsync(reader);
        var (_, two) = await NextAsync(reader);

        Assert.Equal(("map", "pulse"), (first, second));
        var shard = map.GetProperty("shards")[0];
        Assert.Equal(("shard-0", "S1"), (shard.GetProperty("id").GetString(), shard.GetProperty("owner").GetString()));
        Assert.Equal(["orders", "secret"], one.GetProperty("streams").EnumerateArray().Select(s => s.GetProperty("stream").GetString()));
        Assert.Equal(["active", "silent"], one.GetProperty("silos").EnumerateArray().Select(s => s.GetProperty("state").GetString()));
        // 500 Kinesis records more at each look: half of what a shard takes in a second, and more where a timer is early.
        Assert.InRange(two.GetProperty("pulse").GetProperty("utilisation")[0].GetInt64(), 1, 600);
        Assert.Equal(500, two.GetProperty("pulse").GetProperty("bucket")[0].GetInt64());
        // The page had no hot key, and asked about the first hash key of a shard instead.
        Assert.Equal("""[{"shard":"shard-0","hash":"77","share":0.95,"key":null}]""", two.GetProperty("pulse").GetProperty("hot_keys").GetRawText());
    }

    [Fact]
    public async Task Events_ForARightToOneStream_NameNoOther()
    {
        await using var server = await IdentityServer.StartAsync(Folder("status:orders"));
        using var reader = await OpenAsync(server, "");

        var (_, pulse) = await NextAsync(reader);

        Assert.Equal("orders", Assert.Single(pulse.GetProperty("streams").EnumerateArray().ToList()).GetProperty("stream").GetString());
        Assert.DoesNotContain("secret", pulse.GetRawText(), StringComparison.Ordinal);
        var streams = await server.SendAsync("GET", "/admin/streams", Key);
        Assert.DoesNotContain("secret", streams.Text, StringComparison.Ordinal);
        Assert.Equal(403, (await server.SendAsync("GET", "/admin/events?stream=secret", Key)).Status);
        Assert.Equal(400, (await server.SendAsync("GET", "/admin/events?stream=no%20name", Key)).Status);
    }

    /// <summary>Five minutes after its last failure a missing default stream existed again.</summary>
    [Fact]
    public async Task Streams_OfADefaultStreamThatKinesisDoesNotKnow_DoNotExist()
    {
        await using var server = await IdentityServer.StartAsync(Folder("status:*"));
        Assert.True(await ExistsAsync());
        server.Producer.OwnHealth = new KplHealth { MissingStreams = ["orders"] };
        Assert.False(await ExistsAsync());

        async Task<bool> ExistsAsync() => JsonDocument.Parse((await server.SendAsync("GET", "/admin/streams", Key)).Text).RootElement.GetProperty("streams")
            .EnumerateArray().Single(static s => s.GetProperty("stream").GetString() == "orders").GetProperty("exists").GetBoolean();
    }

    [Fact]
    public async Task Events_OfARightThatIsTakenAway_End()
    {
        var folder = Folder("status:*");
        await using var server = await IdentityServer.StartAsync(folder);
        using var reader = await OpenAsync(server, "?stream=orders");
        await NextAsync(reader);

        folder.Write(IdentityFolder.Identity("reader", Key, "produce:*"));

        while (await reader.ReadLineAsync().WaitAsync(Waiting.Long) is not null)
        {
            // What was sent before.
        }
    }

    private static IdentityFolder Folder(string grant) => new IdentityFolder().Write(IdentityFolder.Identity("reader", Key, grant));

    private static async Task<StreamReader> OpenAsync(IdentityServer server, string query)
    {
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Add("Authorization", $"Bearer {Key}");
        var response = await http.GetAsync(new Uri(server.Address, $"/admin/events{query}"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static async Task<(string Name, JsonElement Data)> NextAsync(StreamReader reader)
    {
        var name = await reader.ReadLineAsync().WaitAsync(Waiting.Long);
        var data = await reader.ReadLineAsync().WaitAsync(Waiting.Long);
        Assert.Equal("", await reader.ReadLineAsync().WaitAsync(Waiting.Long));
        return (name!["event: ".Length..], JsonDocument.Parse(data!["data: ".Length..]).RootElement);
    }
}
