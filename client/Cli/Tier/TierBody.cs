using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>The body of one request, with one record per line. It is reused for the next request.</summary>
internal sealed class TierBody : IDisposable
{
    /// <summary>The content type of lines in which each record's data is the JSON text of its payload.</summary>
    private const string JsonLines = "application/x-ndjson";

    /// <summary>The content type of lines in which each record's data is any bytes, in base64.</summary>
    private const string Base64Lines = "application/vnd.kpl.records+ndjson";

    private static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ArrayBufferWriter<byte> _bytes = new(64 << 10);
    private readonly Utf8JsonWriter _writer;

    public TierBody() => _writer = new Utf8JsonWriter(_bytes, Options);

    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>The content type of the lines.</summary>
    public string ContentType { get; private set; } = JsonLines;

    /// <summary>Writes the records of a batch that have these indexes.</summary>
    public void Write(PutBatch batch, IEnumerable<int> indexes)
    {
        ContentType = batch.IsJson ? JsonLines : Base64Lines;
        _bytes.ResetWrittenCount();
        foreach (var i in indexes)
        {
            _writer.Reset();
            _writer.WriteStartObject();
            _writer.WriteString("partition_key"u8, batch.KeyOf(i));
            if (batch.HashKeyOf(i) is { } hashKey)
                _writer.WriteString("explicit_hash_key"u8, hashKey.ToString());
            if (!batch.IsJson)
                _writer.WriteBase64String("data"u8, batch.DataOf(i).Span);
            else
            {
                _writer.WritePropertyName("payload"u8);
                _writer.WriteRawValue(batch.DataOf(i).Span, skipInputValidation: true);
            }

            _writer.WriteEndObject();
            _writer.Flush();
            _bytes.Write("\n"u8);
        }
    }

    public void Dispose() => _writer.Dispose();
}
