using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// The heaviest hash keys of a shard in fixed memory: the Space-Saving sketch (Metwally, Agrawal, El Abbadi 2005). It always contains every key with
/// more than 1/64 of the weight, and never overstates a key's weight. Not thread-safe.
/// </summary>
internal sealed class HotKeys(bool keepText)
{
    public const int Slots = 64;

    /// <summary>Keys below this share are not reported, and their text is not kept.</summary>
    private const double LeastShare = 1.0 / 32;

    // Grows with the keys: a shard with little load, among thousands of others, has few for a while.
    private readonly List<Slot> _slots = [];
    private double _total;

    private Span<Slot> All => CollectionsMarshal.AsSpan(_slots);

    public void Add(UInt128 hashKey, ReadOnlySpan<byte> partitionKey, double weight)
    {
        _total += weight;
        ref var slot = ref SlotOf(hashKey);
        slot.Weight += weight;
        if (keepText && slot.Text is null && IsHot(slot))
            slot.Text = Encoding.UTF8.GetString(partitionKey);
    }

    /// <summary>Multiplies all observed weights.</summary>
    public void Fade(double factor)
    {
        _total *= factor;
        foreach (ref var slot in All)
            (slot.Weight, slot.Error) = (slot.Weight * factor, slot.Error * factor);
    }

    /// <summary>The heavy keys, heaviest first.</summary>
    public HotKey[] ToArray() =>
        [.. _slots.Where(IsHot).Select(s => new HotKey(s.Hash, s.Least / _total, s.Text)).OrderByDescending(static k => k.Share)];

    /// <summary>The share of the heaviest key; 0 where no key is heavy.</summary>
    public double Heaviest() => _total > 0 ? _slots.Where(IsHot).Select(static s => s.Least).DefaultIfEmpty().Max() / _total : 0;

    private bool IsHot(Slot slot) => slot.Least >= LeastShare * _total && _total > 0;

    /// <summary>Returns the slot of a key: its own, a free one, or the lightest, whose weight becomes the error of the new key.</summary>
    private ref Slot SlotOf(UInt128 hashKey)
    {
        var all = All;
        var lightest = 0;
        for (var index = 0; index < all.Length; index++)
        {
            if (all[index].Hash == hashKey)
                return ref all[index];
            if (all[index].Weight < all[lightest].Weight)
                lightest = index;
        }

        if (_slots.Count < Slots)
        {
            _slots.Add(new Slot { Hash = hashKey });
            return ref All[^1];
        }

        all[lightest] = new Slot { Hash = hashKey, Weight = all[lightest].Weight, Error = all[lightest].Weight };
        return ref all[lightest];
    }

    private struct Slot
    {
        public UInt128 Hash;
        public double Weight;
        public double Error;
        public string? Text;

        /// <summary>The least weight that the key has.</summary>
        public readonly double Least => Weight - Error;
    }
}

/// <summary>A hash key that carries much of a shard's load: in practice one partition key.</summary>
/// <param name="Share">The least share of the shard's bytes that it carries, 0 to 1.</param>
/// <param name="Key">The partition key's text, where it is kept.</param>
internal sealed record HotKey(UInt128 Hash, double Share, string? Key);
