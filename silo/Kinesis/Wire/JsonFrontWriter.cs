using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Kinesis.Putting;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>Writes AWS JSON 1.1.</summary>
internal sealed class JsonFrontWriter : FrontWriter
{
    /// <summary>The usual bytes of a record's place, with the sequence numbers of Kinesis.</summary>
    private const int UsualBytes = 120;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Pooled: the answer to 500 records would be an array of the large heap each time.
    private readonly AnswerBuffer _buffer = new();
    private readonly Utf8JsonWriter _json;

    private static ReadOnlySpan<byte> BeforeNumber => "{\"SequenceNumber\":\""u8;

    private static ReadOnlySpan<byte> BeforeShard => "\",\"ShardId\":\""u8;

    private static ReadOnlySpan<byte> Close => "\"}"u8;

    public JsonFrontWriter() => _json = new Utf8JsonWriter(_buffer, Options);

    public override void StartObject() => _json.WriteStartObject();

    public override void EndObject() => _json.WriteEndObject();

    public override void StartArray() => _json.WriteStartArray();

    public override void EndArray() => _json.WriteEndArray();

    public override void Name(string name) => _json.WritePropertyName(name);

    public override void Text(string text) => _json.WriteStringValue(text);

    public override void Number(long number) => _json.WriteNumberValue(number);

    public override void Bool(bool value) => _json.WriteBooleanValue(value);

    public override void Null() => _json.WriteNullValue();

    public override void Instant(JsonElement seconds) => seconds.WriteTo(_json);

    public override ReadOnlyMemory<byte> End()
    {
        _json.Flush();
        return _buffer.Written;
    }

    /// <remarks>There are 500 of them in nearly every answer: they are written as text, with room for each asked for once.</remarks>
    public override void ResultEntries(ReadOnlySpan<RecordResult> results)
    {
        _json.WriteStartArray();
        _json.Flush();
        // Once: a buffer that grows with them is copied again and again.
        _buffer.GetSpan(results.Length * UsualBytes);
        for (var i = 0; i < results.Length; i++)
        {
            if (i > 0)
                _buffer.Write(","u8);
            Write(results[i].SequenceNumber ?? EntryOutcome.NoSequenceNumber, results[i].ShardId ?? EntryOutcome.NoShard);
        }

        _json.WriteEndArray();
    }

    private void Write(string sequenceNumber, string shardId)
    {
        if (!PlainText.Is(sequenceNumber) || !PlainText.Is(shardId))
            (sequenceNumber, shardId) = (Escaped(sequenceNumber), Escaped(shardId));
        var free = _buffer.GetSpan(BeforeNumber.Length + BeforeShard.Length + Close.Length + (3 * (sequenceNumber.Length + shardId.Length)));
        var rest = Put(free, BeforeNumber);
        rest = Put(Put(Put(Put(rest, sequenceNumber), BeforeShard), shardId), Close);
        _buffer.Advance(free.Length - rest.Length);
    }

    private static string Escaped(string text) => JsonEncodedText.Encode(text, Options.Encoder).Value;

    private static Span<byte> Put(Span<byte> free, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(free);
        return free[bytes.Length..];
    }

    /// <remarks>Only what had to be escaped may have letters beyond ASCII.</remarks>
    private static Span<byte> Put(Span<byte> free, string text) =>
        Ascii.FromUtf16(text, free, out var written) == OperationStatus.Done ? free[written..] : free[Encoding.UTF8.GetBytes(text, free)..];

    public override void Dispose()
    {
        _json.Dispose();
        _buffer.Dispose();
    }
}
