using System.Buffers.Binary;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>
/// Records made before the clock starts, in batches that are put again and again: random 36-character keys, all distinct, and
/// payloads of which the first eight bytes are a number. More than the caches hold.
/// </summary>
internal sealed class RecordSet
{
    public const int BatchSize = 500;

    private readonly UserRecord[][] _batches;
    private readonly ulong[] _sums;

    public RecordSet(int size, int seed = 1)
    {
        if (size < sizeof(ulong))
            throw new ArgumentOutOfRangeException(nameof(size), "a payload of a bench has at least 8 bytes");
        var random = new Random(seed);
        var count = Math.Clamp((48 << 20) / (size * BatchSize), 1, 400);
        _batches = new UserRecord[count][];
        _sums = new ulong[count];
        for (var b = 0; b < count; b++)
        {
            var payload = new byte[size * BatchSize];
            random.NextBytes(payload);
            _batches[b] = new UserRecord[BatchSize];
            for (var i = 0; i < BatchSize; i++)
            {
                var data = payload.AsMemory(i * size, size);
                var number = (ulong)random.NextInt64();
                BinaryPrimitives.WriteUInt64LittleEndian(data.Span, number);
                _sums[b] += number;
                _batches[b][i] = new UserRecord(Key(random), data);
            }
        }
    }

    public ReadOnlyMemory<UserRecord> Batch(long number) => _batches[number % _batches.Length];

    /// <summary>The sum of the numbers in a run of so many batches.</summary>
    public ulong SumOf(long batches)
    {
        var sum = 0UL;
        for (var b = 0; b < _batches.Length; b++)
            sum += _sums[b] * (ulong)((batches / _batches.Length) + (b < batches % _batches.Length ? 1 : 0));
        return sum;
    }

    private static string Key(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }
}
