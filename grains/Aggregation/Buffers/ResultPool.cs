using System.Buffers;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Aggregation.Buffers;

/// <summary>Arrays for the results of batches.</summary>
internal static class ResultPool
{
    // As many as a batch's records that are accepted at once: their results are written together.
    private const int MostSoon = 1_024;

    // Thousands of batches are under way at full load, but the shared pool keeps only a dozen arrays of a size.
    private static readonly ArrayPool<RecordResult> Pool = ArrayPool<RecordResult>.Create(maxArrayLength: 1 << 14, maxArraysPerBucket: 4_096);

    /// <summary>Returns an array that has room for so many results, and that is about to be written.</summary>
    public static RecordResult[] Rent(int count)
    {
        var results = Pool.Rent(count);
        // Results are written as the records join their aggregates, shard by shard.
        Prefetch.Soon(ref Unsafe.As<RecordResult, byte>(ref UncheckedArray.At(results, 0)), Math.Min(count, MostSoon) * Unsafe.SizeOf<RecordResult>());
        return results;
    }

    /// <summary>Takes an array back.</summary>
    public static void Return(RecordResult[] results) => Pool.Return(results, clearArray: true);
}
