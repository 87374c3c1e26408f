namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>MD5 of many messages at once.</summary>
internal static class Md5Lanes
{
    /// <summary>The hash keys of many partition keys that lie one behind the other.</summary>
    /// <param name="buffer">The keys as UTF-8.</param>
    /// <param name="ends">Where each key ends; the first starts at 0, every other where its predecessor ends.</param>
    /// <param name="hashes">Receives a hash key for each.</param>
    public static void HashKeys(ReadOnlySpan<byte> buffer, ReadOnlySpan<int> ends, Span<UInt128> hashes)
    {
        var start = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            hashes[i] = HashKey.OfPartitionKey(buffer[start..ends[i]]);
            start = ends[i];
        }
    }
}
