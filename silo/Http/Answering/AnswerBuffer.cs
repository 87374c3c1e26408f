using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Collects an answer in pooled memory, so that it is sent with its Content-Length in one write.</summary>
/// <param name="capacity">The bytes that the answer is likely to have.</param>
internal sealed class AnswerBuffer(int capacity = 512) : IBufferWriter<byte>, IDisposable
{
    /// <summary>Writes text as UTF-8 without escapes: no answer is ever part of an HTML page.</summary>
    public static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>The number of bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes that were written; valid until more are, or the buffer is disposed of.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Writes text as JSON, with U+FFFD for each half of a surrogate pair; null as null.</summary>
    public void WriteText(string? text)
    {
        if (text is null)
        {
            Write("null"u8);
            return;
        }
        Write("\""u8);
        if (!PlainText.Is(text))
            Write(JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text), Json.Encoder).EncodedUtf8Bytes);
        else
            Advance(Encoding.ASCII.GetBytes(text, GetSpan(text.Length)));
        Write("\""u8);
    }

    /// <summary>Sends the content as the whole answer.</summary>
    public Task SendAsync(HttpResponse response, int statusCode, string contentType)
    {
        Begin(response, statusCode, contentType);
        response.ContentLength = Length;
        return FlushAsync(response);
    }

    /// <summary>Sets status and content type of an answer that is sent in parts.</summary>
    public static void Begin(HttpResponse response, int statusCode, string contentType)
    {
        response.StatusCode = statusCode;
        response.ContentType = contentType;
    }

    /// <summary>Sends the content and empties the buffer.</summary>
    public Task FlushAsync(HttpResponse response)
    {
        response.BodyWriter.Write(_buffer.AsSpan(0, Length));
        Length = 0;
        var flush = response.BodyWriter.FlushAsync();
        return flush.IsCompletedSuccessfully ? Task.CompletedTask : flush.AsTask();
    }

    /// <summary>Empties the buffer: nobody reads it.</summary>
    public void Clear() => Length = 0;

    public void Dispose()
    {
        if (_buffer.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Ensure(int size)
    {
        size = Math.Max(size, 1);
        if (_buffer.Length - Length >= size)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, Length + size));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>Makes JSON of what is told seldom, by the names that it has there.</summary>
internal static class ToldJson
{
    public static JsonArray ToJson<T>(this IEnumerable<T> items, Func<T, JsonNode?> tell) => new([.. items.Select(tell)]);

    public static JsonObject Tell<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(value, type)!.AsObject();

    /// <summary>Adds the members of another object.</summary>
    public static JsonObject With(this JsonObject told, IEnumerable<KeyValuePair<string, JsonNode?>> members)
    {
        foreach (var (name, value) in members)
            told[name] = value?.DeepClone();
        return told;
    }

    public static JsonArray ToJson(this IEnumerable<string> texts) => texts.ToJson(static t => JsonValue.Create(t));

    /// <summary>One node for all: of a stream there may be thousands of shards, each second.</summary>
    public static JsonValue ToJson(this IEnumerable<long> numbers) => JsonValue.Create(numbers.ToArray(), ToldNumbers.Default.Int64Array)!;
}

[JsonSerializable(typeof(long[]))]
internal sealed partial class ToldNumbers : JsonSerializerContext;
