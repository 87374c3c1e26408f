using System.Text;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>
/// Caches the strings of repeated UTF-8 texts, such as shard ids and error codes. The cache never grows: where the few places of a text are taken by
/// others, it replaces one of them. It is safe to use from any thread and takes no locks.
/// </summary>
internal sealed class TextCache
{
    // With one place for each text nearly half of the ids of 5,000 shards would replace each other for ever.
    private const int PlacesOfText = 4;

    private const int Places = 4096 * PlacesOfText;

    private readonly string?[] _places = new string?[Places];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        var sum = default(HashCode);
        sum.AddBytes(utf8);
        var hash = sum.ToHashCode();
        var places = _places.AsSpan(hash & (Places - PlacesOfText), PlacesOfText);
        foreach (ref var place in places)
        {
            var known = Volatile.Read(ref place);
            if (known is null)
                return Keep(ref place, utf8);
            if (Ascii.Equals(utf8, known))
                return known;
        }

        return Keep(ref places[(int)((uint)hash >> 30)], utf8);
    }

    private static string Keep(ref string? place, ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref place, text);
        return text;
    }
}
