using System.Text;
using System.Text.Json;
using Orleans.Kpl;

namespace Samples.Consumer;

/// <summary>
/// A Lambda function behind a stream, an event source mapping of Kinesis. It takes aggregates apart, which Lambda does not, and passes over records that
/// came before. Handler:
/// <c>Orleans.Kpl.Samples.Consumer::Samples.Consumer.Function::Handle</c>.
/// </summary>
/// <param name="take">What is done with each record: its partition key and its text.</param>
public sealed class Function(Action<string, string> take)
{
    /// <summary>
    /// Lives as long as the process: it knows what the function has seen since. Only records with a producer number can be told from others, such as
    /// those of ordered streams.
    /// </summary>
    private DuplicateFilter _filter = new();

    /// <summary>Writes each record to the log.</summary>
    public Function()
        : this(static (key, text) => Console.WriteLine($"{key}: {text}"))
    {
    }

    /// <summary>Handles one batch of Kinesis records. Where it fails, Lambda sends the whole batch again.</summary>
    /// <param name="input">The event, as the event source mapping sends it.</param>
    public void Handle(Stream input)
    {
        try
        {
            TakeAll(input);
        }
        catch
        {
            // The filter has noted the record that could not be taken, and would pass over it next time. Better twice than never.
            _filter = new();
            throw;
        }
    }

    private void TakeAll(Stream input)
    {
        using JsonDocument batch = JsonDocument.Parse(input);
        foreach (JsonElement entry in batch.RootElement.GetProperty("Records").EnumerateArray())
        {
            JsonElement kinesis = entry.GetProperty("kinesis");
            byte[] data = kinesis.GetProperty("data").GetBytesFromBase64();
            foreach (DeaggregatedRecord record in Aggregates.Read(data, kinesis.GetProperty("partitionKey").GetString()!))
            {
                if (_filter.IsNew(record.ProducerNumber))
                    take(record.PartitionKey, Encoding.UTF8.GetString(record.Data.Span));
            }
        }
    }
}
