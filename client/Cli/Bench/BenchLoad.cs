using System.Security.Cryptography;
using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Makes the records of a bench: random 36-character keys, data of one size that differs from record to record.</summary>
internal sealed class BenchLoad
{
    private const int Spread = 64 << 10;

    private readonly byte[] _bytes;
    private readonly int _size;
    private readonly bool _isJson;

    /// <param name="size">Bytes of data of each record.</param>
    /// <param name="isJson">Whether the data is a JSON text of that many bytes.</param>
    public BenchLoad(int size, bool isJson)
    {
        (_size, _isJson) = (size, isJson);
        _bytes = isJson
            ? [.. RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", size + Spread).Select(static c => (byte)c)]
            : RandomNumberGenerator.GetBytes(size + Spread);
    }

    /// <summary>Adds the record with this number.</summary>
    public void Add(PutBatch batch, long number)
    {
        var start = (int)(number * 997 % Spread);
        var data = _bytes.AsSpan(start, _size);
        if (!_isJson)
        {
            batch.Add(RandomKeys.Next(), data, number, isJson: false);
            return;
        }

        if (_size == 1)
        {
            batch.Add(RandomKeys.Next(), "0"u8, number, isJson: true);
            return;
        }

        // The data is a JSON string, whose quotes count.
        var (first, last) = (data[0], data[^1]);
        data[0] = data[^1] = (byte)'"';
        batch.Add(RandomKeys.Next(), data, number, isJson: true);
        data[0] = first;
        data[^1] = last;
    }
}
