using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Spreads the open shards of one stream evenly over candidates. All processes that know the same shards and candidates find the same.
/// </summary>
internal sealed class ShardSpread
{
    /// <summary>From this share on, a candidate may have one more shard: it saves moves, and makes no great difference.</summary>
    private const int LeastForOneMore = 4;

    /// <summary>Among more candidates each may have one more: a shard would push on too many others before the last finds its place.</summary>
    private const int FewCandidates = 8;

    private readonly ulong _stream;
    private readonly ulong[] _shards;
    private readonly ulong[] _candidates;
    private readonly int[] _shares;
    private readonly int[] _homes;

    /// <param name="stream">The stream: each is spread differently, so that streams of few shards do not meet on the same candidates.</param>
    /// <param name="starts">
    /// The first hash key of each shard. It names the shard: the lower child of a split and the result of a merge have the home of the shard that
    /// began there.
    /// </param>
    /// <param name="candidates">A number for each candidate, which is the same everywhere; no number twice.</param>
    public ShardSpread(string stream, ReadOnlySpan<UInt128> starts, ReadOnlySpan<ulong> candidates)
    {
        _stream = StableTextHash.LongOf(stream);
        _shards = new ulong[starts.Length];
        for (var i = 0; i < _shards.Length; i++)
            _shards[i] = ShardMatching.NumberOf(_stream, starts[i]);
        _candidates = candidates.ToArray();
        _shares = SharesOf(_candidates);
        _homes = _candidates.Length == 0 ? [] : ShardMatching.Match(_shards, _candidates, _shares);
    }

    /// <summary>For each shard the index of the candidate where it is opened if it is open nowhere; nothing without candidates.</summary>
    public IReadOnlyList<int> Homes => _homes;

    /// <summary>
    /// Returns what a candidate gives away because others have come: what its share has shrunk by, as far as it has that. Each of them is given as much
    /// as the others; shards whose home they are come first. So they get no more than their shares, however uneven it was before.
    /// </summary>
    /// <param name="here">The shards that it has, by index.</param>
    /// <param name="self">The candidate, by index.</param>
    /// <param name="newcomers">The silos that have come, by index; not itself.</param>
    public IReadOnlyList<ShardMove> MovesTo(IReadOnlyList<int> here, int self, IReadOnlyList<int> newcomers)
    {
        ulong[] former = [_candidates[self], .. _candidates.Where((_, i) => i != self && !newcomers.Contains(i))];
        var most = Math.Min(here.Count, SharesOf(former)[0]) - _shares[self];
        var parts = Divide(Math.Max(0, most), newcomers.Count, _candidates[self]);
        var moves = new List<ShardMove>();
        var others = new List<int>();
        for (var i = 0; i < parts.Length; i++)
            parts[i] = Math.Min(parts[i], _shares[newcomers[i]]);
        foreach (var shard in here)
        {
            var index = 0;
            while (index < parts.Length && newcomers[index] != _homes[shard])
                index++;
            if (index == parts.Length || parts[index] == 0)
            {
                others.Add(shard);
                continue;
            }

            parts[index]--;
            moves.Add(new ShardMove(shard, _homes[shard]));
        }

        var matched = Matched(others, [.. newcomers.Select(n => _candidates[n])], parts).Where(static m => m.Match != ShardMatching.None);
        return [.. moves, .. matched.Select(m => new ShardMove(m.Shard, newcomers[m.Match]))];
    }

    /// <summary>
    /// Returns what a candidate gives away because it has too many: shards whose home is elsewhere, as many as it takes. Each such move brings a shard to
    /// its home, and homes leave nobody with too many: so it comes to rest.
    /// </summary>
    /// <param name="here">The shards that it has, by index.</param>
    /// <param name="self">The candidate, by index.</param>
    public IEnumerable<ShardMove> MovesHome(IReadOnlyList<int> here, int self, Func<int, bool> mayMove) =>
        here.Where(s => _homes[s] != self && mayMove(s)).Select(s => new ShardMove(s, _homes[s])).Take(Math.Max(0, here.Count - MostOf(self)));

    /// <summary>
    /// Returns where the shards of one that leaves go, who is no candidate any more. Each candidate is given what its share has grown by. What the one
    /// that leaves has beyond its share is divided among all.
    /// </summary>
    /// <param name="here">The shards that it has, by index.</param>
    /// <param name="leaving">Its number.</param>
    public IReadOnlyList<ShardMove> MovesFrom(IReadOnlyList<int> here, ulong leaving)
    {
        var before = SharesOf([.. _candidates, leaving]);
        var parts = Divide(Math.Max(0, here.Count - before[^1]), _candidates.Length, leaving);
        for (var i = 0; i < parts.Length; i++)
            parts[i] += _shares[i] - before[i];
        return [.. Matched(here, _candidates, parts).Select(static m => new ShardMove(m.Shard, m.Match))];
    }

    /// <summary>Divides shards among some as evenly as it goes. Where it does not, each giver begins with another one.</summary>
    private int[] Divide(int shards, int count, ulong giver)
    {
        var parts = new int[count];
        var first = count == 0 ? 0 : (int)(Rendezvous.Mix(_stream ^ giver) % (ulong)count);
        for (var i = 0; i < count; i++)
            parts[(first + i) % count] = shards / count + (i < shards % count ? 1 : 0);
        return parts;
    }

    /// <summary>The most that a candidate may have: one more than its share, or the largest share where one more makes a great difference.</summary>
    private int MostOf(int candidate) =>
        _candidates.Length <= FewCandidates && _shares[candidate] < LeastForOneMore ? _shares.Max() : _shares[candidate] + 1;

    private IEnumerable<(int Shard, int Match)> Matched(IReadOnlyList<int> here, ulong[] candidates, int[] shares) =>
        ShardMatching.Match([.. here.Select(s => _shards[s])], candidates, shares).Select((m, i) => (here[i], m));

    /// <summary>
    /// The shares of candidates. Where the shards cannot be divided evenly, those get one more that score highest with the stream. So nobody's share
    /// shrinks when another one leaves, or grows when another one comes.
    /// </summary>
    private int[] SharesOf(ulong[] candidates)
    {
        var shares = new int[candidates.Length];
        if (shares.Length == 0)
            return shares;
        Array.Fill(shares, _shards.Length / shares.Length);
        var byScore = Enumerable.Range(0, shares.Length)
            .OrderByDescending(i => Rendezvous.WeightOf(_stream, Rendezvous.Mix(candidates[i]))).ThenByDescending(i => candidates[i]);
        foreach (var i in byScore.Take(_shards.Length % shares.Length))
            shares[i]++;
        return shares;
    }
}

/// <summary>A shard that is to move to another candidate, both by index.</summary>
internal readonly record struct ShardMove(int Shard, int To);
