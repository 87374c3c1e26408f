using System.Buffers.Binary;
using System.Text;
using Orleans.Kpl.Benchmarks.Loads;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>Requests as bytes, made before the clock starts and sent again and again: records of 100 bytes as an embedded load puts them.</summary>
internal sealed class WebRequests
{
    private const int Requests = 400;
    private const int Size = 100;

    private readonly byte[][] _requests = new byte[Requests][];
    private readonly ulong[] _sums = new ulong[Requests];
    private readonly byte[] _success;

    public WebRequests(WebSpec spec)
    {
        var records = new RecordSet(Size);
        (RecordsEach, _success) = spec.IsLines ? (RecordSet.BatchSize, "\"status\":\"delivered\""u8.ToArray()) : (1, "\"sequence_number\""u8.ToArray());
        for (var r = 0; r < Requests; r++)
        {
            var body = new StringBuilder();
            foreach (var record in records.Batch(r).Span[..RecordsEach])
                _sums[r] += Write(body, record, spec.IsLines);
            var (path, type) = spec.IsLines
                ? ($"/streams/{spec.Stream}/records", "application/vnd.kpl.records+ndjson")
                : ("/events/confirmed", "application/json");
            _requests[r] = Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: {new Uri(spec.Url).Authority}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }
    }

    /// <summary>Records of one request.</summary>
    public int RecordsEach { get; }

    public ReadOnlyMemory<byte> Of(long request) => _requests[request % Requests];

    /// <summary>Whether an answer tells every record of its request as delivered.</summary>
    public bool IsSuccess(ReadOnlySpan<byte> answer) => answer.Count(_success) == RecordsEach;

    /// <summary>The sum of the numbers in the records of so many requests.</summary>
    public ulong SumOf(long requests)
    {
        var sum = 0UL;
        for (var r = 0; r < Requests; r++)
            sum += _sums[r] * (ulong)((requests / Requests) + (r < requests % Requests ? 1 : 0));
        return sum;
    }

    /// <summary>Writes a record, and returns the number that its data begins with. The data of a single one is a JSON text.</summary>
    private static ulong Write(StringBuilder body, UserRecord record, bool isLine)
    {
        if (isLine)
        {
            body.Append($"{{\"partition_key\":\"{record.PartitionKey}\",\"data\":\"{Convert.ToBase64String(record.Data.Span)}\"}}\n");
            return BinaryPrimitives.ReadUInt64LittleEndian(record.Data.Span);
        }

        var payload = $"\"{Convert.ToHexStringLower(record.Data.Span)[..(Size - 2)]}\"";
        body.Append($"{{\"partition_key\":\"{record.PartitionKey}\",\"payload\":{payload}}}");
        return BinaryPrimitives.ReadUInt64LittleEndian(Encoding.ASCII.GetBytes(payload));
    }
}
