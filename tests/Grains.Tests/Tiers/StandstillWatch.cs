using System.Globalization;
using System.Text;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>
/// Notes how long the records of any shard stand still, beside how long a timer of this process is late: on a busy machine everything stands still. A
/// shard that stands still for longer is told with what each silo serves, its map, and who owns which shard by the rows.
/// </summary>
/// <remarks>
/// Each load has the silo of its place as its front, and calls for every shard under way, which end in turns. So soon after one shard stands still,
/// nothing more is delivered for that front. Nor is while another front's records go first in the shard: that is no standstill of the shard, and cannot
/// be told from one here.
/// </remarks>
internal sealed class StandstillWatch : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly Tier _tier;
    private readonly IReadOnlyList<OrderedTierLoad> _loads;
    private readonly TimeSpan _most;
    private readonly PeriodicTimer _timer = new(LookEvery);
    private readonly List<string> _seen = [];
    private readonly Task _watching;
    private TimeSpan _longest;
    private TimeSpan _longestPause;

    private StandstillWatch(Tier tier, IReadOnlyList<OrderedTierLoad> loads, TimeSpan most)
    {
        (_tier, _loads, _most) = (tier, loads, most);
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Does something while records flow; fails where a shard stood still meanwhile, also where it failed for that reason.</summary>
    /// <param name="loads">A load for each of its silos, in their order.</param>
    /// <param name="most">No shard may stand still for longer, beyond the longest pause of the process.</param>
    public static async Task OverAsync(Tier tier, IReadOnlyList<OrderedTierLoad> loads, TimeSpan most, Func<Task> act)
    {
        await using var watch = new StandstillWatch(tier, loads, most);
        try
        {
            await act();
        }
        catch (Exception e) when (watch.Seen() is { } seen)
        {
            throw new InvalidOperationException(seen, e);
        }

        TestContext.Current.SendDiagnosticMessage(
            string.Create(CultureInfo.InvariantCulture, $"longest standstill {watch._longest.TotalSeconds:0.0} s, longest pause {watch._longestPause.TotalSeconds:0.0} s"));
        Assert.True(watch.Seen() is null, watch.Seen());
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching;
    }

    private string? Seen()
    {
        lock (_seen)
            return _seen.Count == 0 ? null : string.Join('\n', _seen);
    }

    private async Task WatchAsync()
    {
        var standing = new HashSet<OrderedTierLoad>();
        var last = TimeProvider.System.GetTimestamp();
        var delivered = new (long Records, long At)[_loads.Count];
        Array.Fill(delivered, (0, last));
        while (await _timer.WaitForNextTickAsync())
        {
            var late = TimeProvider.System.GetElapsedTime(last) - LookEvery;
            _longestPause = late > _longestPause ? late : _longestPause;
            last = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < _loads.Count; i++)
            {
                var records = _tier.Front(i).Find(Tier.Stream)?.Ledger.Delivered ?? 0;
                if (records != delivered[i].Records || _loads[i].IsOver)
                    delivered[i] = (records, last);
                var standstill = TimeProvider.System.GetElapsedTime(delivered[i].At, last);
                _longest = standstill > _longest ? standstill : _longest;
                if (standstill < _most + _longestPause)
                    standing.Remove(_loads[i]);
                else if (standing.Add(_loads[i]))
                    await NoteAsync(_loads[i], standstill);
            }
        }
    }

    private async Task NoteAsync(OrderedTierLoad load, TimeSpan standstill)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{load}: nothing was delivered for {standstill.TotalSeconds:0.0} s; the longest pause was {_longestPause.TotalSeconds:0.0} s");
        for (var i = 0; i < _tier.Cluster.Silos.Count; i++)
        {
            var node = _tier.Node(i);
            var served = node.Hosted.Keys.Where(static k => k.Stream == Tier.Stream).OrderBy(static k => k.ShardId, StringComparer.Ordinal)
                .Select(k => $"{Short(k.ShardId)} epoch {node.Epochs.EpochOf(k)}{(node.Hosted.IsWaiting(k) ? " waits" : "")}");
            var map = node.Producer.Find(Tier.Stream)?.Shards.Map;
            var shown = map is null ? "none" : string.Join(' ', Enumerable.Range(0, map.Count).Select(s => Short(map[s].ShardId)));
            text.AppendLine(CultureInfo.InvariantCulture, $"  {node.Silos.Self.ToParsableString()} lease {node.Lease.IsHeld}; serves {string.Join(", ", served)}; map {shown}");
        }

        foreach (var row in await _tier.Rows.ListAsync($"epoch:{Tier.Stream}", CancellationToken.None))
            text.AppendLine(CultureInfo.InvariantCulture, $"  row {Short(row.Key)} version {row.Version}: '{row.Text}'");
        foreach (var row in await _tier.Rows.ListAsync("lease", CancellationToken.None))
            text.AppendLine(CultureInfo.InvariantCulture, $"  lease {row.Key} version {row.Version}: '{row.Text}'");
        lock (_seen)
            _seen.Add(text.ToString());
    }

    private static string Short(string shardId) => shardId["shardId-".Length..].TrimStart('0') is { Length: > 0 } number ? number : "0";
}
