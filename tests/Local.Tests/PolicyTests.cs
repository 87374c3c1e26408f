using System.Text.Json;

namespace Orleans.Kpl.Local.Tests;

/// <summary>The scaling policy by itself: the real process, its own clock, and a shard that really has more to do than it can.</summary>
[Trait("Category", "Long")]
public sealed class PolicyTests
{
    private const string Path = "/admin/streams/events";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Policy_WhenAShardIsSaturatedForMinutes_SplitsItAndNothingIsLost()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=1", "--limit-model", "bucket:1000", "--Kpl:ScalingPolicyAllowed=true");
        var (stored, _) = await tier.PostAsync($"{Path}/policy", """{"mode":"on","consecutive_minutes":2,"max_shards":4}""");
        Assert.Equal(200, stored);
        using var stop = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(lane => PutAsync(tier, lane, stop.Token)));

        using var limit = new CancellationTokenSource(Limit);
        while ((await tier.GetAsync(Path)).GetProperty("open_shards").GetInt32() < 2)
        {
            Assert.False(load.IsCompleted, "the load ended");
            await Task.Delay(Look, limit.Token);
        }

        await stop.CancelAsync();
        Assert.True((await load).Sum() > 1_000);
        var history = (await tier.GetAsync($"{Path}/history")).GetProperty("history").EnumerateArray().ToList();
        Assert.Contains(history, h => h.GetProperty("kind").GetString() == "policy");
        Assert.All(history, h => Assert.NotEqual("", h.GetProperty("reason").GetString()));
    }

    /// <summary>Returns how many records were delivered; each must be.</summary>
    private static async Task<int> PutAsync(LocalProcess tier, int lane, CancellationToken stop)
    {
        var payload = new string('x', 4_000);
        var delivered = 0;
        for (var next = 0; !stop.IsCancellationRequested; next += 100)
        {
            var records = string.Join(',', Enumerable.Range(next, 100).Select(n => $$"""{"partition_key":"{{lane}}-{{n}}","payload":"{{payload}}"}"""));
            var (status, text) = await tier.PostAsync("/streams/events/records", $"[{records}]");
            Assert.Equal(200, status);
            foreach (var result in JsonDocument.Parse(text).RootElement.EnumerateArray())
                delivered += Assert.IsType<string>(result.GetProperty("status").GetString()) == "delivered"
                    ? 1
                    : throw new InvalidOperationException(result.ToString());
        }

        return delivered;
    }
}
