using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>
/// Says which shards are full at this moment. A tier takes several looks before it says so itself; a verb that looks once must not call that well.
/// </summary>
internal static class FullNow
{
    /// <summary>The sentence about the shards that <c>kpl shards</c> would list; null where none is full, or an operation changes them.</summary>
    public static string? Find(StreamOverview stream) => stream.OperationId is not null ? null : Find(
        stream.Shards.Count, [.. stream.Shards.Where(static s => s.Utilisation >= 1).Select(static s => (s.ShardId, s.HotKeys.FirstOrDefault()))],
        stream.OnDemand);

    /// <summary>The sentence about the shards of a tier's events.</summary>
    /// <param name="pulse">Their numbers, in the same order, and the hot keys.</param>
    public static string? Find(JsonElement map, JsonElement pulse)
    {
        var ids = map.GetProperty("shards").EnumerateArray().Select(static s => s.GetProperty("id").GetString()!);
        var uses = pulse.GetProperty("utilisation").EnumerateArray().Select(static u => u.GetInt64()).ToArray();
        JsonElement[] hot = pulse.TryGetProperty("hot_keys", out var some) ? [.. some.EnumerateArray()] : [];
        var keys = hot.ToDictionary(static k => k.GetProperty("shard").GetString()!, static k => new HotKeyStatus
        {
            HashKey = UInt128.Parse(k.GetProperty("hash").GetString()!, CultureInfo.InvariantCulture),
            Share = k.GetProperty("share").GetDouble(),
            PartitionKey = k.GetProperty("key").GetString(),
        });
        var isOnDemand = pulse.TryGetProperty("on_demand", out var told) && told.ValueKind == JsonValueKind.True;
        return Find(uses.Length, [.. ids.Zip(uses).Where(static s => s.Second >= 1_000).Select(s => (s.First, keys.GetValueOrDefault(s.First)))], isOnDemand);
    }

    private static string? Find(int shards, IReadOnlyList<(string Id, HotKeyStatus? Key)> full, bool isOnDemand) => FullShardRule.Find(new TierFacts
    {
        Now = default,
        Shards = shards,
        FullShards = [.. full.Select(static f => f.Id)],
        OnDemand = isOnDemand,
        HotKeyShare = full is [(_, { } key)] ? key.Share : null,
        HotKey = full is [(_, { } named)] ? HotKeyRule.NameOf(named.PartitionKey, named.HashKey) : null,
    })?.Sentence;
}
