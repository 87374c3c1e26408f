using System.Runtime.CompilerServices;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Deaggregation;

/// <summary>KCL's filter: whether all members belong to a shard. Each partition key is hashed once, many side by side.</summary>
internal static class RangeFilter
{
    private const int Together = 64;

    // Keys of the usual 36 bytes; longer ones fill it sooner.
    private const int Space = 4096;

    /// <summary>Whether the hash keys that members are routed by all lie in a range.</summary>
    public static bool AllLieIn(ShardHashKeys range, ReadOnlySpan<byte> payload, MemberTables tables)
    {
        foreach (ref readonly var key in tables.HashKeys)
        {
            if (key.IsRoutedBy && !range.Contains(key.Value))
                return false;
        }

        return KeysLieIn(range, payload, tables.PartitionKeys);
    }

    [SkipLocalsInit]
    private static bool KeysLieIn(ShardHashKeys range, ReadOnlySpan<byte> payload, ReadOnlySpan<MemberTables.TableKey> keys)
    {
        Span<byte> buffer = stackalloc byte[Space];
        Span<int> ends = stackalloc int[Together];
        var (count, used) = (0, 0);
        foreach (ref readonly var key in keys)
        {
            if (!key.IsRoutedBy)
                continue;
            var text = payload.Slice(key.Start, key.Length);
            if (text.Length > Space)
            {
                if (!range.Contains(RoutingHash.Of(text)))
                    return false;
                continue;
            }

            if (count == Together || text.Length > Space - used)
            {
                if (!LieIn(range, buffer, ends[..count]))
                    return false;
                (count, used) = (0, 0);
            }

            text.CopyTo(buffer[used..]);
            ends[count++] = used += text.Length;
        }

        return LieIn(range, buffer, ends[..count]);
    }

    [SkipLocalsInit]
    private static bool LieIn(ShardHashKeys range, ReadOnlySpan<byte> buffer, ReadOnlySpan<int> ends)
    {
        Span<UInt128> hashes = stackalloc UInt128[Together];
        Md5Lanes.HashKeys(buffer, ends, hashes);
        foreach (var hash in hashes[..ends.Length])
        {
            if (!range.Contains(hash))
                return false;
        }

        return true;
    }
}
