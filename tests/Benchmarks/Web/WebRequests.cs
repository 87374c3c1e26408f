using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Loads;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>Requests as bytes, made before the clock starts and sent again and again: the same records as an embedded load puts.</summary>
internal sealed class WebRequests
{
    /// <summary>The access key of signed requests.</summary>
    public const string AccessKeyId = "AKIABENCH";

    /// <summary>Its secret.</summary>
    public const string Secret = "the-secret-of-the-bench";

    private const int Singles = 20_000;
    private const int Size = 100;

    private readonly byte[][] _requests;
    private readonly ulong[] _sums;
    private readonly byte[] _success;

    private WebRequests(byte[][] requests, ulong[] sums, int recordsEach, ReadOnlySpan<byte> success) =>
        (_requests, _sums, RecordsEach, _success) = (requests, sums, recordsEach, success.ToArray());

    /// <summary>Records of one request.</summary>
    public int RecordsEach { get; }

    /// <summary>Makes the requests of a run.</summary>
    public static WebRequests Make(WebSpec spec)
    {
        var records = new RecordSet(Size);
        if (spec.Kind == WebKind.Confirmed)
            return OfSingles(spec, records);
        // PlainSigner signs for the time of its call: a run must end within the five minutes that a signature is taken.
        var head = new WebHead(spec);
        var requests = new byte[records.Count][];
        var body = new ArrayBufferWriter<byte>(1 << 18);
        for (var b = 0; b < requests.Length; b++)
        {
            body.ResetWrittenCount();
            if (spec.Kind == WebKind.Lines)
                WriteLines(body, records.Batch(b).Span);
            else
                PlainLoop.Write(body, spec.Stream, records.Batch(b).Span);
            requests[b] = head.Before(body.WrittenSpan);
        }

        var sums = Enumerable.Range(0, requests.Length).Select(b => records.SumOf(b + 1) - records.SumOf(b)).ToArray();
        return new WebRequests(requests, sums, RecordSet.BatchSize, spec.Kind == WebKind.Lines ? "\"status\":\"delivered\""u8 : "\"SequenceNumber\""u8);
    }

    public ReadOnlyMemory<byte> Of(long request) => _requests[request % _requests.Length];

    /// <summary>Whether an answer tells every record of its request as delivered.</summary>
    public bool IsSuccess(ReadOnlySpan<byte> answer) => answer.Count(_success) == RecordsEach;

    /// <summary>The sum of the numbers in the records of so many requests.</summary>
    public ulong SumOf(long requests)
    {
        var sum = 0UL;
        for (var r = 0; r < _sums.Length; r++)
            sum += _sums[r] * (ulong)((requests / _sums.Length) + (r < requests % _sums.Length ? 1 : 0));
        return sum;
    }

    /// <summary>Records whose data is a JSON text of 100 bytes.</summary>
    private static WebRequests OfSingles(WebSpec spec, RecordSet records)
    {
        var head = new WebHead(spec);
        var (requests, sums) = (new byte[Singles][], new ulong[Singles]);
        for (var i = 0; i < Singles; i++)
        {
            var record = records.Batch(i / RecordSet.BatchSize).Span[i % RecordSet.BatchSize];
            var payload = $"\"{Convert.ToHexStringLower(record.Data.Span)[..(Size - 2)]}\"";
            sums[i] = BinaryPrimitives.ReadUInt64LittleEndian(Encoding.ASCII.GetBytes(payload));
            requests[i] = head.Before(Encoding.ASCII.GetBytes($"{{\"partition_key\":\"{record.PartitionKey}\",\"payload\":{payload}}}"));
        }

        return new WebRequests(requests, sums, 1, "\"sequence_number\""u8);
    }

    private static void WriteLines(ArrayBufferWriter<byte> body, ReadOnlySpan<UserRecord> records)
    {
        foreach (var record in records)
        {
            using (var json = new Utf8JsonWriter(body))
            {
                json.WriteStartObject();
                json.WriteString("partition_key"u8, record.PartitionKey);
                json.WriteBase64String("data"u8, record.Data.Span);
                json.WriteEndObject();
            }

            body.Write("\n"u8);
        }
    }
}
