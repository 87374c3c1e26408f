using System.Security.Cryptography;
using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>
/// The records of a bench: random 36-character keys, data of one size that differs from record to record. They are made before the clock starts and put
/// again and again, so that what is measured is not their making.
/// </summary>
internal sealed class BenchLoad
{
    /// <summary>The bytes that all of them may have: more than the caches of a processor hold.</summary>
    private const int MostBytes = 24 << 20;

    /// <summary>The bytes of a record beside its data: the key as a string, and the record itself.</summary>
    private const int BytesBeside = 160;

    private readonly UserRecord[] _records;
    private readonly int _perBatch;
    private readonly bool _isJson;

    /// <param name="size">Bytes of data of each record.</param>
    /// <param name="isJson">Whether the data is a JSON text of that many bytes.</param>
    public BenchLoad(int size, bool isJson, long most)
    {
        _isJson = isJson;
        _perBatch = (int)Math.Clamp(PutBatch.FullBytes / Math.Max(1L, size), 1, PutBatch.MaxRecords);
        var batches = Math.Clamp(MostBytes / ((size + BytesBeside) * _perBatch), 1, (int)Math.Min(200, (most / _perBatch) + 1));
        _records = new UserRecord[batches * _perBatch];
        for (var start = 0; start < _records.Length; start += _perBatch)
            Make(_records.AsSpan(start, _perBatch), size);
    }

    /// <summary>Gives a batch its records: as many as fit, from this number on and before another.</summary>
    public int Fill(PutBatch batch, long number, long until)
    {
        var start = (int)(number % _records.Length);
        var count = (int)Math.Min(_perBatch, Math.Min(until - number, _records.Length - start));
        batch.Use(_records.AsMemory(start, count), number + 1, _isJson);
        return count;
    }

    /// <summary>Makes the records of a batch, their data side by side, as it is where a reader has filled a buffer.</summary>
    private void Make(Span<UserRecord> batch, int size)
    {
        var data = new byte[batch.Length * size];
        RandomNumberGenerator.Fill(data);
        for (var i = 0; i < batch.Length; i++)
        {
            var own = data.AsMemory(i * size, size);
            if (_isJson)
                MakeJson(own.Span);
            batch[i] = new UserRecord(RandomKeys.Next(), own);
        }
    }

    /// <summary>Makes a JSON string, whose quotes count.</summary>
    private static void MakeJson(Span<byte> text)
    {
        if (text.Length == 1)
        {
            text[0] = (byte)'0';
            return;
        }

        RandomNumberGenerator.GetItems("abcdefghijklmnopqrstuvwxyz0123456789"u8, text);
        text[0] = text[^1] = (byte)'"';
    }
}
