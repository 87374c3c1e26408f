using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl;

/// <summary>Puts aggregates with producer numbers of the test's choice at any Kinesis endpoint, with a writer and a client of the test's own.</summary>
internal sealed class PlantedStream(Uri endpoint, string stream) : IDisposable
{
    public const ulong Producer = 0xABCD;

    private readonly HttpClient _http = new() { BaseAddress = endpoint };

    /// <summary>A Kinesis record with members of one line whose numbers follow one another.</summary>
    /// <param name="hash">The hash key of all members, and of the Kinesis record unless <paramref name="into"/> says otherwise.</param>
    /// <param name="into">A hash key of the shard that takes it.</param>
    /// <param name="by">The producer.</param>
    internal readonly record struct Planted(
        long First, int Count, int Line = 1, UInt128 Hash = default, UInt128? Into = null, bool HasNumbers = true, ulong By = Producer);

    /// <summary>Puts the records one after the other, in their order.</summary>
    public async Task PutAsync(params IEnumerable<Planted> runs)
    {
        foreach (var call in runs.Chunk(100))
        {
            var records = call.Select(static run => new
            {
                Data = Aggregate(run), PartitionKey = "a", ExplicitHashKey = (run.Into ?? run.Hash).ToString(CultureInfo.InvariantCulture),
            });
            await CallAsync("PutRecords", new { StreamName = stream, Records = records });
        }
    }

    /// <summary>Makes a call that must succeed; the answer.</summary>
    public async Task<JsonElement> CallAsync(string operation, object request)
    {
        var (status, text) = await _http.CallKinesisAsync(operation, request, isSigned: true);
        Assert.True(status == HttpStatusCode.OK, $"{operation}: {text}");
        var answer = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
        Assert.True(answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("FailedRecordCount", out var failed) || failed.GetInt32() == 0, text);
        return answer;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The bytes of an aggregate. The first member carries the tag; the others count on.</summary>
    public static byte[] Aggregate(Planted run)
    {
        using var message = new MemoryStream();
        Write(message, 0x0a, "key"u8);
        Write(message, 0x12, Encoding.ASCII.GetBytes(run.Hash.ToString(CultureInfo.InvariantCulture)));
        for (var i = 0; i < run.Count; i++)
        {
            using var record = new MemoryStream();
            record.Write([0x08, 0, 0x10, 0]);
            Write(record, 0x1a, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{run.First + i}")));
            if (i == 0 && run.HasNumbers)
            {
                using var tag = new MemoryStream();
                Write(tag, 0x0a, "kpl.n"u8);
                Write(tag, 0x12, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{run.By:x16}.{run.Line}.{run.First}")));
                Write(record, 0x22, tag.ToArray());
            }

            Write(message, 0x1a, record.ToArray());
        }

        var bytes = message.ToArray();
        return [0xf3, 0x89, 0x9a, 0xc2, .. bytes, .. MD5.HashData(bytes)];
    }

    private static void Write(MemoryStream target, byte tag, ReadOnlySpan<byte> value)
    {
        target.WriteByte(tag);
        for (var length = value.Length; ; length >>= 7)
        {
            target.WriteByte((byte)(length >= 0x80 ? length | 0x80 : length));
            if (length < 0x80)
                break;
        }

        target.Write(value);
    }
}
