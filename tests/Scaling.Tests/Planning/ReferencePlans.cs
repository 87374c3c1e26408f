namespace Orleans.Kpl.Scaling.Tests.Planning;

/// <summary>
/// The least that plans can need, by trying everything: shortest paths over all sets of boundaries, each split or merge one step. Only for
/// few boundaries, each one bit.
/// </summary>
internal static class ReferencePlans
{
    /// <summary>Fewest steps from one set of boundaries to another, and of those the fewest moved records.</summary>
    /// <param name="from">The boundaries there are, as bits.</param>
    /// <param name="weights">The load of each piece between neighbouring boundaries, all of them present; one more than boundaries.</param>
    /// <param name="most">The most shards at once.</param>
    public static (int Steps, double Moved)? Best(int from, int to, double[] weights, int most)
    {
        var count = weights.Length - 1;
        var best = new Dictionary<int, (int Steps, double Moved)> { [from] = (0, 0) };
        var layer = new HashSet<int> { from };
        for (var steps = 1; layer.Count > 0 && !best.ContainsKey(to); steps++)
        {
            var next = new HashSet<int>();
            foreach (var set in layer)
            {
                for (var bit = 0; bit < count; bit++)
                {
                    var changed = set ^ (1 << bit);
                    if (int.PopCount(changed) + 1 > most)
                        continue;
                    var moved = best[set].Moved + Around(set, bit, weights);
                    if (best.TryGetValue(changed, out var known) && (known.Steps < steps || known.Moved <= moved))
                        continue;
                    best[changed] = (steps, moved);
                    next.Add(changed);
                }
            }

            layer = next;
        }

        return best.TryGetValue(to, out var found) ? found : null;
    }

    /// <summary>The load between the nearest present boundaries on both sides of one.</summary>
    private static double Around(int set, int bit, double[] weights)
    {
        var sum = 0.0;
        for (var piece = bit; piece >= 0; piece--)
        {
            sum += weights[piece];
            if (piece > 0 && (set & (1 << (piece - 1))) != 0)
                break;
        }

        for (var piece = bit + 1; piece < weights.Length; piece++)
        {
            sum += weights[piece];
            if (piece < weights.Length - 1 && (set & (1 << piece)) != 0)
                break;
        }

        return sum;
    }
}
