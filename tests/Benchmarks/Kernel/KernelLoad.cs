using System.Globalization;

namespace Orleans.Kpl.Benchmarks.Kernel;

/// <summary>User records as a caller has them: random 36-character keys as strings, and data.</summary>
internal sealed class KernelLoad
{
    public const int BatchSize = 500;
    private const int Batches = 128;

    private readonly string[] _keys = new string[BatchSize * Batches];
    private readonly byte[] _data;
    private readonly int _dataSize;

    public KernelLoad(int dataSize)
    {
        var random = new Random(dataSize);
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < _keys.Length; i++)
        {
            random.NextBytes(bytes);
            _keys[i] = new Guid(bytes).ToString("D", CultureInfo.InvariantCulture);
        }
        _dataSize = dataSize;
        _data = new byte[BatchSize * dataSize];
        random.NextBytes(_data);
    }

    /// <summary>The keys of a batch. After the last batch the first one comes again.</summary>
    public ReadOnlySpan<string> Keys(int batch) => _keys.AsSpan(batch % Batches * BatchSize, BatchSize);

    /// <summary>The data of a record of any batch.</summary>
    public ReadOnlySpan<byte> Data(int record) => _data.AsSpan(record * _dataSize, _dataSize);
}
