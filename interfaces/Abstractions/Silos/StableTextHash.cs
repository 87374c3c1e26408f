using System.Text;

namespace Orleans.Kpl.Silos;

/// <summary>
/// Hashes of texts that are the same in every process (FNV-1a). Where records, calls and closings follow the order of a table, they then
/// follow the same order each time.
/// </summary>
internal static class StableTextHash
{
    /// <summary>Computes a hash code of 32 bits from the UTF-16 units of the text.</summary>
    public static int Of(string text)
    {
        var hash = 2_166_136_261U;
        foreach (var character in text)
            hash = (hash ^ character) * 16_777_619U;
        return (int)hash;
    }

    /// <summary>Computes a hash of 64 bits from the text as UTF-8.</summary>
    public static ulong LongOf(string text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ b) * 0x100000001B3UL;
        return hash;
    }
}
