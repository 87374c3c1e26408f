using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Assigns owners by highest random weight: all processes that know the same candidates find the same owner. When a candidate joins or leaves, only
/// the items that it gains or held change owners.
/// </summary>
internal static class Rendezvous
{
    /// <summary>
    /// Returns the index of the owner among the candidates, or −1 without candidates. Each candidate has a number that is the same everywhere.
    /// </summary>
    public static int OwnerOf(string key, ReadOnlySpan<ulong> candidates)
    {
        var keyHash = StableTextHash.LongOf(key);
        var (owner, highest) = (-1, 0UL);
        for (var i = 0; i < candidates.Length; i++)
        {
            var weight = WeightOf(keyHash, Mix(candidates[i]));
            if (owner < 0 || weight > highest || weight == highest && candidates[i] > candidates[owner])
                (owner, highest) = (i, weight);
        }

        return owner;
    }

    /// <summary>How well a candidate goes with a key.</summary>
    /// <param name="key">A number of the key.</param>
    /// <param name="candidate">The number of the candidate, mixed (<see cref="Mix"/>).</param>
    public static ulong WeightOf(ulong key, ulong candidate) => Mix(key ^ candidate);

    /// <summary>Mixes every input bit into all output bits (the finalizer of SplitMix64).</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
