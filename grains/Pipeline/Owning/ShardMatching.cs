namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Matches shards with candidates by the scores of rendezvous hashing, so that no candidate gets more than its share: a stable matching (Gale and
/// Shapley, 1962). Its result depends on the order of neither.
/// </summary>
/// <remarks>
/// Each shard goes to the candidate that scores highest with it. A candidate that is full keeps the shards that score highest with it, and the other
/// one goes on to its next candidate. A step costs a look at each candidate, and few shards need more than some steps.
/// </remarks>
internal static class ShardMatching
{
    /// <summary>The result for a shard for which no candidate has a place.</summary>
    public const int None = -1;

    /// <summary>Returns for each shard the index of its candidate, or <see cref="None"/>.</summary>
    /// <param name="shards">A number for each shard, from <see cref="NumberOf"/>.</param>
    /// <param name="candidates">A number for each candidate, which is the same everywhere; no number twice.</param>
    /// <param name="shares">The most shards for each candidate.</param>
    public static int[] Match(ReadOnlySpan<ulong> shards, ReadOnlySpan<ulong> candidates, ReadOnlySpan<int> shares)
    {
        var mixed = new ulong[candidates.Length];
        var kept = new PriorityQueue<int, Score>[candidates.Length];
        for (var i = 0; i < mixed.Length; i++)
            (mixed[i], kept[i]) = (Rendezvous.Mix(candidates[i]), new PriorityQueue<int, Score>(shares[i]));
        var matches = new int[shards.Length];
        var reached = new Score[shards.Length];
        for (var next = 0; next < shards.Length; next++)
        {
            reached[next] = Score.Highest;
            var shard = next;
            while (shard != None && (matches[shard] = BestBelow(reached[shard], shards[shard], mixed)) is var candidate && candidate != None)
            {
                reached[shard] = Score.Of(shards[shard], mixed[candidate]);
                if (kept[candidate].Count == shares[candidate])
                {
                    shard = shares[candidate] == 0 ? shard : kept[candidate].EnqueueDequeue(shard, reached[shard]);
                    continue;
                }

                kept[candidate].Enqueue(shard, reached[shard]);
                shard = None;
            }
        }

        return matches;
    }

    /// <summary>Returns the number of a shard that begins at a hash key.</summary>
    public static ulong NumberOf(ulong stream, UInt128 start) => Rendezvous.Mix(Rendezvous.Mix(stream ^ (ulong)(start >> 64)) ^ (ulong)start);

    private static int BestBelow(Score limit, ulong shard, ulong[] candidates)
    {
        var (best, highest) = (None, default(Score));
        for (var i = 0; i < candidates.Length; i++)
        {
            var score = Score.Of(shard, candidates[i]);
            if (score.CompareTo(limit) < 0 && (best == None || score.CompareTo(highest) > 0))
                (best, highest) = (i, score);
        }

        return best;
    }

    /// <summary>How well a shard and a candidate go together. No two candidates have the same score with a shard.</summary>
    private readonly record struct Score(ulong Weight, ulong Candidate) : IComparable<Score>
    {
        public static Score Highest => new(ulong.MaxValue, ulong.MaxValue);

        public static Score Of(ulong shard, ulong candidate) => new(Rendezvous.WeightOf(shard, candidate), candidate);

        public int CompareTo(Score other) => Weight != other.Weight ? Weight.CompareTo(other.Weight) : Candidate.CompareTo(other.Candidate);
    }
}
