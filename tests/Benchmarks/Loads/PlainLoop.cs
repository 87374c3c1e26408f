using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>
/// What a program does that calls PutRecords itself: 500 records a call, System.Text.Json, HttpClient, signed, each entry of the
/// answer looked at, several calls under way. The peer that the producer is compared with in the same run.
/// </summary>
internal sealed class PlainLoop(Uri endpoint) : IDisposable
{
    private const int CallsUnderWay = 8;

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = CallsUnderWay });
    private readonly PlainSigner _signer = new(endpoint.Authority, "bench", "bench", "us-east-1");

    public async Task<long> RunAsync(string stream, RecordSet records, long batches)
    {
        var next = -1L;
        var failed = 0L;
        await Task.WhenAll(Enumerable.Range(0, CallsUnderWay).Select(_ => Task.Run(SendAsync)));
        return failed;

        async Task SendAsync()
        {
            var body = new ArrayBufferWriter<byte>(1 << 20);
            for (var b = Interlocked.Increment(ref next); b < batches; b = Interlocked.Increment(ref next))
            {
                body.ResetWrittenCount();
                Write(body, stream, records.Batch(b).Span);
                Interlocked.Add(ref failed, await PutAsync(body.WrittenMemory));
            }
        }
    }

    /// <summary>Writes the body of a PutRecords call.</summary>
    public static void Write(ArrayBufferWriter<byte> body, string stream, ReadOnlySpan<UserRecord> records)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("StreamName"u8, stream);
        json.WriteStartArray("Records"u8);
        foreach (var record in records)
        {
            json.WriteStartObject();
            json.WriteBase64String("Data"u8, record.Data.Span);
            json.WriteString("PartitionKey"u8, record.PartitionKey);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private async Task<int> PutAsync(ReadOnlyMemory<byte> body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", PlainSigner.ContentType);
        _signer.Sign(request.Headers, body.Span, DateTime.UtcNow);
        using var response = await _http.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        return response.StatusCode == HttpStatusCode.OK
            ? CountFailed(answer)
            : throw new InvalidOperationException($"{response.StatusCode}: {Encoding.UTF8.GetString(answer)}");
    }

    private static int CountFailed(byte[] answer)
    {
        var entries = 0;
        var sequenceNumbers = 0;
        var json = new Utf8JsonReader(answer);
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.StartObject && json.CurrentDepth == 2)
                entries++;
            else if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("SequenceNumber"u8))
                sequenceNumbers++;
        }

        return entries - sequenceNumbers;
    }

    public void Dispose() => _http.Dispose();
}
