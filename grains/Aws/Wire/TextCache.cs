using System.Text;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>
/// Strings for UTF-8 texts that come again and again, such as shard ids and error codes. It never grows: a text that falls on
/// the place of another replaces it. Safe from any thread, without locks.
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
