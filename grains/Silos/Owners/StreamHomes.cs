using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>The homes of one stream's shards, for one map and the silos of one moment.</summary>
internal sealed class StreamHomes
{
    private readonly ShardMap _map;
    private readonly IReadOnlyList<SiloId> _silos;
    private readonly ShardSpread _spread;

    private StreamHomes(ShardMap map, IReadOnlyList<SiloId> silos, ShardSpread spread, long since) =>
        (_map, _silos, _spread, Since) = (map, silos, spread, since);

    /// <summary>Since when the shards and the silos have been these, in timestamps of the clock.</summary>
    public long Since { get; }

    /// <param name="former">What was known before. A map that was read again and shows the same shards changes nothing.</param>
    /// <param name="now">Now, in timestamps of the clock.</param>
    public static StreamHomes Of(string stream, ShardMap map, IReadOnlyList<SiloId> silos, StreamHomes? former, long now)
    {
        if (former is not null && ReferenceEquals(former._silos, silos) && map.HasShardsOf(former._map))
            return new StreamHomes(map, silos, former._spread, former.Since);
        var starts = new UInt128[map.Count];
        for (var i = 0; i < starts.Length; i++)
            starts[i] = map[i].StartingHashKey;
        return new StreamHomes(map, silos, new ShardSpread(stream, starts, [.. silos.Select(static s => s.Number)]), now);
    }

    /// <summary>Whether it is of this map and these silos.</summary>
    public bool IsOf(ShardMap map, IReadOnlyList<SiloId> silos) => ReferenceEquals(_map, map) && ReferenceEquals(_silos, silos);

    /// <summary>Returns a shard's home; null where the map does not show the shard, or without silos.</summary>
    public SiloId? Find(string shardId) =>
        _silos.Count > 0 && _map.IndexOf(shardId) is var shard && shard != ShardMap.None ? _silos[_spread.Homes[shard]] : null;

    /// <summary>Returns the shards that a silo gives away, and to which silos; of those that the map shows.</summary>
    /// <param name="hosted">The shards that it has.</param>
    /// <param name="self">The silo. One that is not among the silos leaves, and gives all away.</param>
    /// <param name="known">The silos that had their shares when it last gave shards away: others have come.</param>
    /// <param name="mayGoHome">Whether a shard that is here beyond the silo's share may move.</param>
    public IEnumerable<(string ShardId, SiloId To)> Moves(
        IEnumerable<string> hosted, SiloId self, IReadOnlyCollection<SiloId> known, Func<string, bool> mayGoHome)
    {
        int[] here = [.. hosted.Select(_map.IndexOf).Where(static s => s != ShardMap.None).Order()];
        if (here.Length == 0 || _silos.Count == 0)
            return [];
        var own = Enumerable.Range(0, _silos.Count).FirstOrDefault(i => _silos[i].Equals(self), -1);
        int[] newcomers = [.. Enumerable.Range(0, _silos.Count).Where(i => i != own && !known.Contains(_silos[i]))];
        var moves = own < 0 ? _spread.MovesFrom(here, self.Number)
            : newcomers.Length > 0 ? _spread.MovesTo(here, own, newcomers)
            : _spread.MovesHome(here, own, s => mayGoHome(_map[s].ShardId));
        return moves.Select(m => (_map[m.Shard].ShardId, _silos[m.To]));
    }
}
