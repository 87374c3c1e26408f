using System.Text.Json;
using Orleans.Kpl;

namespace Samples.Lambda;

/// <summary>
/// A Lambda function that puts each event that it is called with. Handler:
/// <c>Orleans.Kpl.Samples.Lambda::Samples.Lambda.Function::HandleAsync</c>.
/// </summary>
public sealed class Function
{
    /// <summary>
    /// Nothing lingers. The function's own timeout, 3 s by default, has to be longer than this time-to-live and a last call (RequestTimeout, 6 s) together:
    /// Lambda ends a call at that time, and nobody learns what became of the record.
    /// </summary>
    private static readonly PutOptions Options = PutOptions.WithoutLinger with { TimeToLive = TimeSpan.FromSeconds(10) };

    /// <summary>
    /// One producer for all calls: Lambda makes one object of this class in each process. Between calls the process stands still, so every call waits
    /// for its record's delivery.
    /// </summary>
    private readonly KplProducer _producer = KplProducer.Create(new KplOptions());

    private readonly string _stream = Environment.GetEnvironmentVariable("STREAM") ?? "events";

    /// <summary>
    /// Puts the event; fails where it was not delivered. Lambda then retries an asynchronous call; a synchronous caller has to retry by itself.
    /// </summary>
    /// <param name="input">The event: an object with a member <c>user</c>, which becomes the partition key.</param>
    /// <returns>An object with the record's shard and sequence number.</returns>
    /// <exception cref="RecordFailedException">The record was not delivered.</exception>
    public async Task<Stream> HandleAsync(Stream input)
    {
        using JsonDocument document = await JsonDocument.ParseAsync(input);
        string user = document.RootElement.GetProperty("user").GetString()!;
        byte[] data = JsonSerializer.SerializeToUtf8Bytes(document.RootElement);

        RecordResult result = await _producer.PutAsync(_stream, new UserRecord(user, data), Options);
        result.EnsureSuccess();

        MemoryStream answer = new();
        using (Utf8JsonWriter json = new(answer))
        {
            json.WriteStartObject();
            json.WriteString("shard", result.ShardId);
            json.WriteString("sequenceNumber", result.SequenceNumber);
            json.WriteEndObject();
        }

        answer.Position = 0;
        return answer;
    }
}
