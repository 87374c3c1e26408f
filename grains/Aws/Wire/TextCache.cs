using System.Text;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>
/// Caches the strings of repeated UTF-8 texts, such as shard ids and error codes. The cache never grows: where the few slots of a text are taken by
/// others, it replaces one of them. It is safe to use from any thread and takes no locks.
/// </summary>
internal sealed class TextCache
{
    // With one slot for each text nearly half of the ids of 5,000 shards would replace each other for ever.
    private const int SlotsOfText = 4;

    private const int Slots = 4096 * SlotsOfText;

    private readonly string?[] _slots = new string?[Slots];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        var sum = default(HashCode);
        sum.AddBytes(utf8);
        var hash = sum.ToHashCode();
        var slots = _slots.AsSpan(hash & (Slots - SlotsOfText), SlotsOfText);
        foreach (ref var slot in slots)
        {
            var known = Volatile.Read(ref slot);
            if (known is null)
                return Keep(ref slot, utf8);
            if (Ascii.Equals(utf8, known))
                return known;
        }

        return Keep(ref slots[(int)((uint)hash >> 30)], utf8);
    }

    private static string Keep(ref string? slot, ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref slot, text);
        return text;
    }
}
