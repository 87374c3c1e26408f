using System.Text;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>
/// Caches the strings of repeated UTF-8 texts, such as shard ids and error codes. The cache never grows: a text that maps to the slot of
/// another replaces it. It is safe to use from any thread and takes no locks.
/// </summary>
internal sealed class TextCache
{
    private const int Places = 8192;

    private readonly string?[] _places = new string?[Places];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        var hash = default(HashCode);
        hash.AddBytes(utf8);
        ref var place = ref _places[hash.ToHashCode() & (Places - 1)];
        var known = Volatile.Read(ref place);
        if (known is not null && Ascii.Equals(utf8, known))
            return known;

        var text = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref place, text);
        return text;
    }
}
